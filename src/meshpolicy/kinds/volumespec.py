"""What the API server refuses in the volumes of a pod, beyond their schema. Pure.

Source: Kubernetes `pkg/apis/core/validation/validation.go` validateVolumes and what it calls.
"""

from collections.abc import Collection

from meshpolicy.core.fields import Fields
from meshpolicy.kinds.containerspec import check_field_path, check_resource_reference
from meshpolicy.kinds.names import check_name, check_unique
from meshpolicy.kinds.quantity import quantity

VOLUME_FIELDS = ("metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels", "metadata.annotations")
"""Fields of its pod that a file may hold."""
PROJECTED = ("configMap", "downwardAPI", "secret", "serviceAccountToken")
MODES = 0o777
SHORTEST, LONGEST = 600, 2**32
"""Seconds for which a token may be valid."""
NAMED = {"configMap": "name", "persistentVolumeClaim": "claimName", "secret": "secretName"}
"""The fields by which volumes name another object."""


def volume_names(spec: Fields, templates: Collection[str] = ()) -> tuple[set[str], set[str]]:
    """Return the names of a pod's volumes, and those among them that may be devices.

    `templates` are the names of the claims that a StatefulSet makes for each pod.
    """
    names, devices = set(templates), set(templates)
    for volume in spec.children("volumes"):
        names.add(volume.text("name"))
        if volume.has("persistentVolumeClaim") or volume.has("ephemeral"):
            devices.add(volume.text("name"))
    return names, devices


def check_volumes(spec: Fields) -> None:
    """Note what is wrong with the volumes of a pod; one that says no more than its name is an empty directory."""
    volumes = spec.children("volumes")
    check_unique(volumes, "volume")
    for volume in volumes:
        if not volume.text("name"):
            volume.refuse("name", "is missing or empty")
        check_name(volume, "name", volume.text("name"))
        given = [key for key in volume.data if key != "name" and volume.has(key)]
        for key in given[1:]:
            volume.refuse(key, f"is given beside {given[0]}: a volume has one source")
        if len(given) == 1 and isinstance(volume.data[given[0]], dict):
            _check_source(volume.child(given[0]), given[0])


def _check_source(source: Fields, kind: str) -> None:
    if kind in NAMED and not source.text(NAMED[kind]):
        source.refuse(NAMED[kind], "is missing or empty")
    if kind in ("configMap", "downwardAPI", "projected", "secret"):
        _check_mode(source, "defaultMode")
    if kind in ("configMap", "secret"):
        _check_items(source)
    elif kind == "downwardAPI":
        _check_pod_fields(source)
    elif kind == "hostPath":
        if not source.text("path") or ".." in source.text("path").split("/"):
            source.refuse("path", "is empty, or leads upwards")
    elif kind == "emptyDir":
        size = quantity(source.data.get("sizeLimit") or 0)
        if size is None or size < 0:
            source.refuse("sizeLimit", f"is `{source.data.get('sizeLimit')}`, where a quantity such as 1Gi is expected")
    elif kind == "projected":
        _check_projected(source)


def _check_projected(source: Fields) -> None:
    seen: set[str] = set()
    for part in source.children("sources"):
        kind = part.one_of(PROJECTED, "source") if any(map(part.has, PROJECTED)) else ""
        if not kind:
            continue
        own = part.child(kind)
        if kind in ("configMap", "secret"):
            if not own.text("name"):
                own.refuse("name", "is missing or empty")
            _check_items(own)
        elif kind == "downwardAPI":
            _check_pod_fields(own)
        elif kind == "serviceAccountToken":
            _check_token(own)
        for item in own.children("items"):
            path = item.text("path")
            if path and path in seen:
                item.refuse("path", f"is `{path[:60]}`, as of another file of the volume")
            seen.add(path)


def _check_token(token: Fields) -> None:
    seconds = token.data.get("expirationSeconds")
    if isinstance(seconds, int) and not SHORTEST <= seconds <= LONGEST:
        token.refuse("expirationSeconds", f"is {seconds}, where {SHORTEST} to {LONGEST} is expected")
    _check_path(token)


def _check_items(source: Fields) -> None:
    for item in source.children("items"):
        if not item.text("key"):
            item.refuse("key", "is missing or empty")
        _check_path(item)
        _check_mode(item, "mode")


def _check_pod_fields(source: Fields) -> None:
    for item in source.children("items"):
        _check_path(item)
        _check_mode(item, "mode")
        given = item.one_of(("fieldRef", "resourceFieldRef"), "source")
        if given == "fieldRef":
            check_field_path(item.child(given), VOLUME_FIELDS)
        elif given:
            check_resource_reference(item.child(given))
            if not item.child(given).text("containerName"):
                item.child(given).refuse("containerName", "is missing or empty")


def _check_path(fields: Fields) -> None:
    path = fields.text("path")
    if not path or path.startswith(("/", "..")) or ".." in path.split("/"):
        fields.refuse("path", f"is `{path[:60]}`, where a path below the volume is expected")


def _check_mode(fields: Fields, key: str) -> None:
    mode = fields.data.get(key)
    if isinstance(mode, int) and not 0 <= mode <= MODES:
        fields.refuse(key, f"is {mode}, where 0 to 0777 (octal) is expected")
