"""What lies beside manifests and is none: told by its name and its fields. And what a template may hold. Pure."""

import re
from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import PurePath

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
OTHER = "no Kubernetes object: it has not both apiVersion and kind"

API, KIND = re.compile(r"""["']?apiVersion["']?\s*:"""), re.compile(r"""["']?kind["']?\s*:""")
POLICIES = re.compile(
    r"policy\.linkerd\.io|gateway\.networking\.k8s\.io|(?<!\.)linkerd\.io/v\d"
    r"|NetworkPolicy|kind[\"']?\s*:\s*[\"']?\{\{|kind: List\b"
)
"""Words of kinds that decide access, and of kinds that are not known before a template is rendered."""
ACTION = re.compile(r"^\{\{-?\s*(?P<action>[^}]*)", re.MULTILINE)
SILENT = re.compile(r"(if|else|end|range|with|define|block|break|continue)\b|\$\w*\s*:?=|/\*|$")
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
    policy = groups_of(str(data.get("kind"))) and not {"", "apps", "batch"} & set(groups_of(str(data.get("kind"))))
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
    return any(
        not SILENT.match(found["action"].strip()) and not INDENTED.search(found["action"])
        for found in ACTION.finditer(text)
    )
