"""The manifests build, fit the API's schemas to the last field, and hold no mistake that `meshpolicy lint` knows."""

from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.findings.finding import Severity
from meshpolicy.findings.registry import lint
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.render.text import findings_as_text

from .rendered import ROOT, Object, Written, built, folders, load_all, of_kind, written

BUILT_IN = {"v1", "apps/v1", "policy/v1", "autoscaling/v2", "networking.k8s.io/v1", "scheduling.k8s.io/v1"}
BUILT_IN |= {"admissionregistration.k8s.io/v1", "rbac.authorization.k8s.io/v1"}
KUSTOMIZE = "kustomize.config.k8s.io/v1beta1"
MANIFESTS = [document for document in written() if document.is_manifest]
CUSTOM = [document for document in MANIFESTS if document.body["apiVersion"] not in {*BUILT_IN, KUSTOMIZE}]
SHARED = ("mesh/policies", "mesh/network", "mesh/ingress", "mesh/observability")
"""What is applied beside every overlay."""
GAPS = {"mesh/network": "walls alone: the pods they select are in k8s"}
"""What may be warned about in a folder that is applied beside others."""


@cache
def schemas() -> Mapping[tuple[str, str], Draft202012Validator]:
    """Return the schema of every custom kind and version; the API server stores no field that it does not name."""
    found = {}
    for path in sorted((ROOT / "tests/crds").glob("*.yaml")):
        for crd in (document for document in load_all(path) if document):
            group, kind = crd["spec"]["group"], crd["spec"]["names"]["kind"]
            for version in crd["spec"]["versions"]:
                schema = version["schema"]["openAPIV3Schema"]
                fields = dict.fromkeys(("apiVersion", "kind", "metadata"), True) | schema["properties"]
                whole = closed(schema | {"properties": fields})
                found[f"{group}/{version['name']}", kind] = Draft202012Validator(whole)
    return found


def closed(schema: Any) -> Any:
    """Return a schema that takes no unknown field: the API server drops those in silence."""
    if isinstance(schema, list):
        return [closed(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        inner["type"] = ["integer", "string"]
    keeps = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if schema.get("type") == "object" and isinstance(schema.get("properties"), dict) and not keeps:
        inner["additionalProperties"] = False
    return inner


def complaints(manifest: Object) -> list[str]:
    """Return where a manifest does not fit the schema of its kind."""
    validator = schemas()[manifest["apiVersion"], manifest["kind"]]
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(manifest)]


@pytest.mark.parametrize("document", CUSTOM, ids=str)
def test_every_custom_resource_fits_the_schema_of_its_kind(document: Written) -> None:
    assert (document.body["apiVersion"], document.body["kind"]) in schemas()
    assert complaints(document.body) == []


@pytest.mark.parametrize(
    ("kind", "path", "value", "complaint"),
    [
        ("Server", ("spec", "podSelectr"), {}, "podSelectr"),
        ("Server", ("spec", "port"), ["http"], "'http'"),
        ("HTTPRoute", ("spec", "parentRefs"), "ponger-http", "ponger-http"),
        ("AuthorizationPolicy", ("spec", "targetRef"), {"kind": "Server"}, "'name' is a required property"),
        ("NetworkAuthentication", ("spec", "networks"), [{}], "'cidr' is a required property"),
        ("Gateway", ("spec", "listeners"), [{"name": "web", "port": 0, "protocol": "HTTP"}], "minimum"),
    ],
)
def test_the_schemas_find_a_mistake(kind: str, path: tuple[str, str], value: object, complaint: str) -> None:
    manifest = deepcopy(next(document.body for document in CUSTOM if document.body["kind"] == kind))
    manifest[path[0]][path[1]] = value
    assert complaint in "\n".join(complaints(manifest))


@pytest.mark.parametrize("document", MANIFESTS, ids=str)
def test_a_manifest_is_of_a_kind_that_a_cluster_of_this_project_serves(document: Written) -> None:
    served = {group for group, _ in schemas()} | BUILT_IN | {KUSTOMIZE}
    assert document.body["apiVersion"] in served


def test_files_without_a_kind_are_values_and_configuration() -> None:
    others = {document.path.parent.name for document in written() if not document.is_manifest}
    assert others <= {"linkerd", "ingress", "observability"}


@pytest.mark.parametrize("folder", folders())
def test_every_folder_builds_and_says_what_it_is_for(folder: str) -> None:
    assert built(folder)
    assert (ROOT / folder / "kustomization.yaml").read_text().startswith("# ")


@pytest.mark.parametrize("folder", folders())
def test_every_folder_is_free_of_mistakes(folder: str) -> None:
    manifests = parse_documents(as_documents(folder))
    worst = {finding.code.severity for finding in lint(manifests.cluster, manifests.problems)}
    assert worst <= ({Severity.WARNING} if folder in GAPS else set())


@pytest.mark.parametrize("overlay", [folder for folder in folders() if "/overlays/" in folder])
def test_every_overlay_is_free_of_mistakes_beside_all_that_is_applied_with_it(overlay: str) -> None:
    manifests = parse_documents(found for folder in (overlay, *SHARED) for found in as_documents(folder))
    found = lint(manifests.cluster, manifests.problems)
    assert findings_as_text(
        [finding for finding in found if finding.code.severity is Severity.ERROR]
    ) == findings_as_text([])


def as_documents(folder: str) -> tuple[Document, ...]:
    """Return what a folder builds, as meshpolicy reads it."""
    return tuple(Document(Place(folder, number), body) for number, body in enumerate(built(folder), 1))


@pytest.mark.parametrize("overlay", ["kind", "kind-cni", "production"])
def test_an_overlay_adds_to_the_base_and_takes_nothing_away(overlay: str) -> None:
    names = {(found["kind"], found["metadata"]["name"]) for found in built(f"k8s/overlays/{overlay}")}
    assert {(found["kind"], found["metadata"]["name"]) for found in built("k8s/base")} < names


@pytest.mark.parametrize("namespace", ["pingpong", "ingress", "tracing"])
def test_no_pod_starts_without_a_sidecar_and_no_port_is_open_without_a_server(namespace: str) -> None:
    found = [one for folder in ("k8s/base", *SHARED) for one in of_kind(built(folder), "Namespace")]
    (annotations,) = [one["metadata"]["annotations"] for one in found if one["metadata"]["name"] == namespace]
    assert annotations["linkerd.io/inject"] == "enabled"
    assert annotations["config.linkerd.io/default-inbound-policy"] == "deny"
