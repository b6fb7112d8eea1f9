"""The schemas of Kubernetes' own kinds, from its OpenAPI document and what its validation adds. Pure."""

from collections.abc import Mapping
from typing import Any

OWN = {
    "": ("Pod", "ReplicationController", "Service"),
    "apps": ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet"),
    "batch": ("CronJob", "Job"),
    "networking.k8s.io": ("NetworkPolicy",),
}
"""Kubernetes' own kinds that are compared with a schema."""
ANY: dict[str, Any] = {}
SCALARS = {
    "IntOrString": {"x-kubernetes-int-or-string": True},
    "Quantity": ANY,  # a number or a text
    "FieldsV1": ANY,
    "ManagedFieldsEntry": ANY,  # what only servers write
}
"""Types that are read in a way of their own."""
COUNT = {"format": "int32", "minimum": 0}
SECONDS = {"format": "int64", "minimum": 0}
PORT = {"format": "int32", "minimum": 1, "maximum": 65535}
NO_OR_PORT = {"minimum": 0, "maximum": 65535}
ADDED: dict[str, dict[str, Any]] = {
    "ContainerPort": {
        "containerPort": PORT,
        "hostPort": NO_OR_PORT,
        "protocol": {"enum": ["TCP", "UDP", "SCTP"]},
    },
    "CronJobSpec": {
        "concurrencyPolicy": {"enum": ["Allow", "Forbid", "Replace"]},
        "failedJobsHistoryLimit": COUNT,
        "startingDeadlineSeconds": SECONDS,
        "successfulJobsHistoryLimit": COUNT,
    },
    "DeploymentSpec": {"replicas": COUNT},
    "HTTPGetAction": {"scheme": {"enum": ["HTTP", "HTTPS"]}},
    "JobSpec": {
        "activeDeadlineSeconds": SECONDS,
        "completionMode": {"enum": ["NonIndexed", "Indexed"]},
        **dict.fromkeys(("backoffLimit", "backoffLimitPerIndex", "completions", "maxFailedIndexes"), COUNT),
        **dict.fromkeys(("parallelism", "ttlSecondsAfterFinished"), COUNT),
    },
    "LabelSelectorRequirement": {"operator": {"enum": ["In", "NotIn", "Exists", "DoesNotExist"], "minLength": 1}},
    "PodSpec": {"restartPolicy": {"enum": ["Always", "OnFailure", "Never"]}},
    "Probe": dict.fromkeys(
        ("failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds"), COUNT
    ),
    "ReplicaSetSpec": {"replicas": COUNT},
    "ReplicationControllerSpec": {"replicas": COUNT},
    "ServicePort": {"nodePort": NO_OR_PORT, "port": PORT, "protocol": {"enum": ["TCP", "UDP", "SCTP"]}},
    "ServiceSpec": {
        "sessionAffinity": {"enum": ["None", "ClientIP"]},
        "type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]},
    },
    "StatefulSetSpec": {"replicas": COUNT},
}
"""What `pkg/apis/*/validation` of Kubernetes asks beyond its OpenAPI document, by definition and field."""


def kubernetes(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definitions that `spec` of these kinds needs, and which of them is whose.

    `document` is `api/openapi-spec/swagger.json` of Kubernetes.
    """
    definitions = _Definitions(document["definitions"])
    kinds: dict[str, dict[str, Any]] = {}
    for schema in document["definitions"].values():
        for own in schema.get("x-kubernetes-group-version-kind", ()):
            if own["version"] == "v1" and own["kind"] in OWN.get(own["group"], ()):
                found = {"spec": definitions.shaped(schema["properties"]["spec"])["$ref"]}
                found |= {"status": ANY} if "status" in schema["properties"] else {}
                kinds.setdefault(own["group"], {})[own["kind"]] = found
    return {
        "definitions": dict(sorted(definitions.made.items())),
        "kinds": {name: kinds[name] for name in sorted(kinds)},
    }


class _Definitions:
    """The definitions of the document, and those that are made of them as they are referred to."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self.made: dict[str, dict[str, Any]] = {}

    def shaped(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the shape of a schema: types, fields, and which of them are required."""
        if "$ref" in schema:
            return self._referred(schema["$ref"].rpartition("/")[2])
        found = {"type": schema["type"]} if "type" in schema else {}
        if "required" in schema:
            found["required"] = sorted(schema["required"])
        found |= {key: self.shaped(schema[key]) for key in ("items", "additionalProperties") if key in schema}
        if "properties" in schema:
            found["properties"] = {name: self.shaped(part) for name, part in sorted(schema["properties"].items())}
        return found

    def _referred(self, full: str) -> dict[str, Any]:
        """Return a reference to a definition by its last name, or what stands for it where it has no fields."""
        name, schema = full.rpartition(".")[2], self._given[full]
        if name in SCALARS:
            return SCALARS[name]
        if "properties" not in schema:
            return self.shaped(schema)
        if name not in self.made:
            made = self.made[name] = {}
            made.update(self.shaped(schema))
            for field, more in ADDED.get(name, {}).items():
                made["properties"][field] |= more
        return {"$ref": name}
