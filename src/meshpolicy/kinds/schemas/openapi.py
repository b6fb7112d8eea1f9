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
ID = {"minimum": 0, "maximum": 2**31 - 1}
"""A user or a group."""
PLACE = {"minimum": 1}


def _one_of(*words: str) -> dict[str, Any]:
    return {"enum": list(words)}


IDS = dict.fromkeys(("runAsGroup", "runAsUser"), ID)
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
ADDED: dict[str, dict[str, Any]] = {
    "AppArmorProfile": {"type": _one_of("Localhost", "RuntimeDefault", "Unconfined")},
    "Container": {
        "imagePullPolicy": _one_of("Always", "IfNotPresent", "Never"),
        "restartPolicy": _one_of("Always", "Never", "OnFailure"),
        "terminationMessagePolicy": _one_of("File", "FallbackToLogsOnError"),
    },
    "ContainerPort": {
        "containerPort": PORT,
        "hostPort": NO_OR_PORT,
        "protocol": {"enum": ["TCP", "UDP", "SCTP"]},
    },
    "ContainerResizePolicy": {
        "resourceName": _one_of("cpu", "memory"),
        "restartPolicy": _one_of("NotRequired", "RestartContainer"),
    },
    "CronJobSpec": {
        "concurrencyPolicy": {"enum": ["Allow", "Forbid", "Replace"]},
        "failedJobsHistoryLimit": COUNT,
        "startingDeadlineSeconds": SECONDS,
        "successfulJobsHistoryLimit": COUNT,
    },
    "DaemonSetSpec": {"minReadySeconds": COUNT, "revisionHistoryLimit": COUNT},
    "DaemonSetUpdateStrategy": {"type": _one_of("RollingUpdate", "OnDelete")},
    "DeploymentSpec": dict.fromkeys(
        ("minReadySeconds", "progressDeadlineSeconds", "replicas", "revisionHistoryLimit"), COUNT
    ),
    "DeploymentStrategy": {"type": _one_of("Recreate", "RollingUpdate")},
    "HostPathVolumeSource": {
        "type": _one_of(
            "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"
        ),
    },
    "HTTPGetAction": {"scheme": {"enum": ["HTTP", "HTTPS"]}},
    "JobSpec": {
        "activeDeadlineSeconds": SECONDS,
        "completionMode": {"enum": ["NonIndexed", "Indexed"]},
        **dict.fromkeys(("backoffLimit", "backoffLimitPerIndex", "completions", "maxFailedIndexes"), COUNT),
        **dict.fromkeys(("parallelism", "ttlSecondsAfterFinished"), COUNT),
    },
    "LabelSelectorRequirement": {"operator": {"enum": ["In", "NotIn", "Exists", "DoesNotExist"], "minLength": 1}},
    "NodeSelectorRequirement": {"operator": _one_of("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")},
    "PodSecurityContext": {
        **IDS,
        "fsGroup": ID,
        "fsGroupChangePolicy": _one_of("Always", "OnRootMismatch"),
        "seLinuxChangePolicy": _one_of("MountOption", "Recursive"),
        "supplementalGroups": {"items": {"type": "integer", **ID}},
        "supplementalGroupsPolicy": _one_of("Merge", "Strict"),
    },
    "PodSpec": {
        "activeDeadlineSeconds": {"minimum": 1, "maximum": 2**31 - 1},
        "dnsPolicy": _one_of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        "preemptionPolicy": _one_of("Never", "PreemptLowerPriority"),
        "restartPolicy": _one_of("Always", "OnFailure", "Never"),
    },
    "PreferredSchedulingTerm": {"weight": {"minimum": 1, "maximum": 100}},
    "Probe": dict.fromkeys(
        ("failureThreshold", "initialDelaySeconds", "periodSeconds", "successThreshold", "timeoutSeconds"), COUNT
    ),
    "ReplicaSetSpec": {"minReadySeconds": COUNT, "replicas": COUNT},
    "ReplicationControllerSpec": {"minReadySeconds": COUNT, "replicas": COUNT},
    "SeccompProfile": {"type": _one_of("Localhost", "RuntimeDefault", "Unconfined")},
    "SecurityContext": {**IDS, "procMount": _one_of("Default", "Unmasked")},
    "ServicePort": {"nodePort": NO_OR_PORT, "port": PORT, "protocol": {"enum": ["TCP", "UDP", "SCTP"]}},
    "ServiceSpec": {
        "externalTrafficPolicy": _one_of("Cluster", "Local"),
        "internalTrafficPolicy": _one_of("Cluster", "Local"),
        "ipFamilyPolicy": _one_of("SingleStack", "PreferDualStack", "RequireDualStack"),
        "trafficDistribution": _one_of("PreferClose", "PreferSameZone", "PreferSameNode"),
        "sessionAffinity": {"enum": ["None", "ClientIP"]},
        "type": {"enum": ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]},
    },
    "StatefulSetOrdinals": {"start": COUNT},
    "StatefulSetSpec": {
        "podManagementPolicy": _one_of("OrderedReady", "Parallel"),
        **dict.fromkeys(("minReadySeconds", "replicas", "revisionHistoryLimit"), COUNT),
    },
    "StatefulSetUpdateStrategy": {"type": _one_of("RollingUpdate", "OnDelete")},
    "Toleration": {"effect": _one_of(*EFFECTS), "operator": _one_of("Equal", "Exists")},
    "TopologySpreadConstraint": {
        "maxSkew": PLACE,
        "minDomains": PLACE,
        "nodeAffinityPolicy": _one_of("Honor", "Ignore"),
        "nodeTaintsPolicy": _one_of("Honor", "Ignore"),
        "whenUnsatisfiable": _one_of("DoNotSchedule", "ScheduleAnyway"),
    },
    "VolumeMount": {
        "mountPropagation": _one_of("None", "HostToContainer", "Bidirectional"),
        "recursiveReadOnly": _one_of("Disabled", "Enabled", "IfPossible"),
    },
    "WeightedPodAffinityTerm": {"weight": {"minimum": 1, "maximum": 100}},
}
"""What `pkg/apis/*/validation` of Kubernetes asks beyond its OpenAPI document, by definition and field."""

NOT_REQUIRED = {
    "HTTPHeader": ("value",),
    "PodCertificateProjection": ("keyType", "signerName"),
    "SleepAction": ("seconds",),
    "Sysctl": ("value",),
}
"""What the document calls required, and the server does not ask for."""


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
        if schema.get("format") in ("int32", "int64"):
            found["format"] = schema["format"]
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
            if name in NOT_REQUIRED:
                made["required"] = [field for field in made["required"] if field not in NOT_REQUIRED[name]]
            for field in made["properties"].keys() & ADDED.get(name, {}).keys():
                made["properties"][field] |= ADDED[name][field]
        return {"$ref": name}
