"""The schemas are what their sources say: definitions of the project's tests, and Kubernetes' OpenAPI document."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from meshpolicy.kinds import schemas
from meshpolicy.kinds.schema import validate
from meshpolicy.kinds.schemas import known_kinds, schemas_for
from meshpolicy.kinds.schemas.__main__ import defined
from meshpolicy.kinds.schemas.openapi import ADDED, OWN, kubernetes

from ..command import ROOT

FOLDER = Path(schemas.__file__).parent
OPENAPI = "KUBERNETES_OPENAPI"


def stored(name: str) -> Any:
    """Return what one file of schemas holds."""
    return json.loads((FOLDER / name).read_text())


def without_messages(schema: Any) -> Any:
    """Return a schema without the messages of its rules, which the definitions in the tests leave out."""
    if isinstance(schema, list):
        return [without_messages(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: without_messages(part) for key, part in schema.items() if (key, type(part)) != ("message", str)}


def test_what_is_written_of_the_definitions_that_are_here_is_what_is_stored() -> None:
    found = defined(ROOT / "tests" / "crds")
    assert {(group, kind) for group, kinds in found.items() for kind in kinds} >= {
        ("policy.linkerd.io", "Server"),
        ("policy.linkerd.io", "HTTPRoute"),
        ("gateway.networking.k8s.io", "HTTPRoute"),
    }
    known = stored("crds.json")
    same = {group: {kind: known[group][kind] for kind in kinds} for group, kinds in found.items()}
    assert without_messages(same) == without_messages(found)


def test_what_is_written_of_kubernetes_openapi_document_is_what_is_stored() -> None:
    """It is `api/openapi-spec/swagger.json` of Kubernetes 1.36.4: 5 MB, which this project does not keep."""
    if not (source := os.environ.get(OPENAPI)):
        pytest.skip(f"{OPENAPI} names no swagger.json of Kubernetes 1.36.4")
    assert kubernetes(json.loads(Path(source).read_text())) == stored("kubernetes.json")


DOCUMENT = {
    "definitions": {
        "io.k8s.api.core.v1.Pod": {
            "properties": {"spec": {"$ref": "#/definitions/io.k8s.api.core.v1.PodSpec"}, "status": {"type": "object"}},
            "x-kubernetes-group-version-kind": [{"group": "", "kind": "Pod", "version": "v1"}],
        },
        "io.k8s.api.core.v1.PodSpec": {
            "type": "object",
            "required": ["restartPolicy", "name"],
            "properties": {
                "restartPolicy": {"type": "string", "description": "words"},
                "name": {"type": "string"},
                "inner": {"type": "array", "items": {"$ref": "#/definitions/io.k8s.api.core.v1.PodSpec"}},
                "port": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString"},
                "size": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"},
                "time": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time"},
            },
        },
        "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": "string", "format": "int-or-string"},
        "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": "string"},
        "io.k8s.apimachinery.pkg.apis.meta.v1.Time": {"type": "string", "format": "date-time"},
        "io.k8s.api.core.v1.Secret": {"properties": {"spec": {"type": "object"}}},
    }
}


def test_of_an_openapi_document_the_shape_is_kept_and_what_validation_adds() -> None:
    words = {"type": "string", **ADDED["PodSpec"]["restartPolicy"]}
    assert kubernetes(DOCUMENT) == {
        "kinds": {"": {"Pod": {"spec": "PodSpec", "status": {}}}},
        "definitions": {
            "PodSpec": {
                "type": "object",
                "required": ["name", "restartPolicy"],
                "properties": {
                    "inner": {"type": "array", "items": {"$ref": "PodSpec"}},
                    "name": {"type": "string"},
                    "port": {"x-kubernetes-int-or-string": True},
                    "restartPolicy": words,
                    "size": {},
                    "time": {"type": "string"},
                },
            }
        },
    }


def test_everything_that_validation_adds_is_stored() -> None:
    """A renamed definition or field would drop its range in silence."""
    known = stored("kubernetes.json")["definitions"]
    for name, fields in ADDED.items():
        for field, more in fields.items():
            assert known[name]["properties"][field].items() >= more.items()


def test_kubernetes_own_kinds_and_those_of_definitions_are_known() -> None:
    own = {(group, kind) for group, kinds in OWN.items() for kind in kinds}
    assert set(known_kinds()) >= own | {("policy.linkerd.io", "Server"), ("workload.linkerd.io", "ExternalWorkload")}
    assert all(schemas_for(*kind) for kind in known_kinds())
    assert schemas_for("policy.linkerd.io", "../../Server") == {}


@pytest.mark.parametrize(
    ("value", "fits"),
    [({"a": 1}, True), ({"a": "100m"}, True), ({"a": None}, True), ([], False), ("1", False)],
)
def test_the_resources_of_a_container_are_an_object_of_quantities(value: Any, fits: bool) -> None:
    spec = {"containers": [{"name": "a", "resources": {"limits": value}}]}
    found = list(validate({"spec": spec}, schemas_for("", "Pod")["v1"]))
    assert found == [] if fits else [field for field, _ in found] == ["spec.containers[0].resources.limits"]
