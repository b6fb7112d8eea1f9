"""What lies beside manifests and is none: told by its name and its fields. And what a template may hold. Pure."""

import re
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import PurePath

from meshpolicy.kinds.kind import GATEWAY_GROUP, POLICY_GROUP
from meshpolicy.kinds.registry import groups_of

KNOWN = (
    ("a kustomization", ("kustomization.yaml", "kustomization.yml"), ()),
    ("Helm values", ("values*.yaml", "values*.yml", "*values.yaml", "*values.yml"), ()),
    ("part of a Helm chart", ("Chart.yaml", "requirements.yaml", "Chart.lock"), ()),
    ("an index of Helm charts", (), ("entries",)),
    ("a Helmfile", ("helmfile*.yaml", "helmfile*.yml"), ()),
    ("a Compose file", ("docker-compose*", "compose*.yaml", "compose*.yml"), ()),
    ("an OpenAPI description", (), ("openapi",)),
    ("an OpenAPI description", (), ("swagger",)),
    ("an encrypted file of SOPS", (".sops.yaml", "*.enc.yaml", "*.sops.yaml"), ("sops",)),
    ("settings of MkDocs", ("mkdocs.yml", "mkdocs.yaml"), ()),
    ("a workflow", (), ("on", "jobs")),
    ("a pipeline", (".gitlab-ci.yml", "azure-pipelines.yml", "cloudbuild.yaml", "Taskfile.yml"), ()),
    ("a file of policy cases", (), ("requests",)),
    ("settings of meshpolicy", ("meshpolicy.yaml",), ()),
)
"""What a file is, by patterns of its name, or else by fields that it has."""
OF_POLICIES = frozenset(
    {POLICY_GROUP, GATEWAY_GROUP, "linkerd.io", "networking.k8s.io", "policy.networking.k8s.io", "cilium.io"}
)
"""The groups of the kinds that decide access."""
OTHER = "no Kubernetes object: it has not both apiVersion and kind"

DEFINES = re.compile(r"""^["']?kind["']?\s*:\s*["']?CustomResourceDefinition\b""", re.MULTILINE)
API, KIND = re.compile(r"""["']?apiVersion["']?\s*:"""), re.compile(r"""["']?kind["']?\s*:""")
POLICIES = re.compile(
    r"policy\.linkerd\.io|gateway\.networking\.k8s\.io|(?<!\.)linkerd\.io/v\d"
    r"|NetworkPolicy|kind[\"']?\s*:\s*[\"']?\{\{|kind: List\b"
)
"""Words of kinds that decide access, and of kinds that are not known before a template is rendered."""
ACTION = re.compile(r"\{\{-?\s*(?P<action>(?:[^}]|\}(?!\}))*)\}\}")
DOCUMENT = re.compile(r"^---", re.MULTILINE)
COMMENT = re.compile(r"\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL)
REMARK = re.compile(r"^[ \t]*#.*$", re.MULTILINE)
SILENT = re.compile(r"(if|else|end|range|with|define|block|break|continue|fail)\b|\$\w*\s*:?=|/\*|$")
INDENTED = re.compile(r"n?indent [1-9]")


def label(name: str, data: Mapping[str, object]) -> str:
    """Return what a document is that is no manifest."""
    file = PurePath(name).name
    for what, patterns, keys in KNOWN:
        if any(fnmatch(file, pattern) for pattern in patterns) or (keys and data.keys() >= set(keys)):
            return what
    return OTHER


def is_manifest(data: Mapping[str, object]) -> bool:
    """Whether a document of a folder is meant as an object: it has apiVersion and kind, or one of them and metadata.

    The kinds of policies alone are enough: no other tool has them, and one that is lost must not pass unseen.
    """
    has = {key for key in ("apiVersion", "kind") if isinstance(data.get(key), str)}
    policy = not OF_POLICIES.isdisjoint(groups_of(str(data.get("kind"))))
    return len(has) == 2 or bool(has and (policy or isinstance(data.get("metadata"), dict)))


def may_be_manifest(text: str) -> bool:
    """Whether a text that is no YAML may be meant as an object: every one of them has both fields."""
    return bool(API.search(text) and KIND.search(text))


def is_template(text: str) -> bool:
    """Whether a text is one to be rendered."""
    return "{{" in text or "{%" in text


def may_hold_policies(text: str) -> bool:
    """Whether a template may yield an object that decides access: it names such a kind, or whole objects are put in."""
    if POLICIES.search(text):
        return True
    begun, line, end = False, "", 0
    for found in ACTION.finditer(text):
        written = line + text[end : found.start()]
        document = DOCUMENT.split(written)[-1]
        begun = bool(REMARK.sub("", document).strip()) or (begun and document == written)
        line, end = written[written.rfind("\n") + 1 :], found.end()
        if not SILENT.match(found["action"].strip()) and _puts_objects(found, line.removeprefix("---"), begun):
            return True
    return False


def definitions_may_hold_policies(text: str) -> bool:
    """Whether a file of definitions names a kind that decides access; what they put in shows where they are used."""
    return bool(POLICIES.search(COMMENT.sub("", text)))


def plain_may_hold_policies(text: str) -> bool:
    """Whether a text beside templates holds an object that decides access; a CustomResourceDefinition does not."""
    parts = DOCUMENT.split(text)
    return any(may_be_manifest(part) and bool(POLICIES.search(part)) and not DEFINES.search(part) for part in parts)


def readable(text: str) -> str:
    """Return a text without the zero bytes that an encoding of two or four bytes a letter has between the letters."""
    return text.replace("\0", "")


def _puts_objects(found: re.Match[str], line: str, begun: bool) -> bool:
    """Whether an action stands where an object may begin: at the start of a document (not `begun`) or of a line."""
    if line.strip() or not begun:
        return not line.strip()
    if line and (found.string.startswith(":", found.end()) or not found[0].startswith("{{-")):
        return False
    return not INDENTED.search(found["action"])
