"""What the API server accepts as `metadata`, the same for every kind. Pure.

Source: Kubernetes `apimachinery/pkg/api/validation/objectmeta.go` and `apimachinery/pkg/util/validation`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from meshpolicy.core.fields import Fields
from meshpolicy.kinds.names import (
    KEY,
    LABEL_RULE,
    SUBDOMAIN_RULE,
    VALUE,
    check_key,
    is_label,
    is_label_value,
    is_qualified_name,
    is_subdomain,
)
from meshpolicy.kinds.schema import Violation, validate
from meshpolicy.kinds.schemanode import node_of

MOST_ANNOTATIONS = 256 * 1024
"""Bytes that the annotations of one object may have together, their keys included."""
FREE_NAMES = frozenset({"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"})
"""Kinds whose names are free; they decide nothing here."""
DNS_LABEL_NAMES = frozenset({"Namespace", "Service"})
"""Kinds that are names of DNS themselves."""
TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "generateName": {"type": "string"},
        "namespace": {"type": "string"},
        "labels": TEXTS,
        "annotations": TEXTS,
        "creationTimestamp": {"type": "string", "nullable": True},
        "deletionTimestamp": {"type": "string", "nullable": True},
        "deletionGracePeriodSeconds": {"type": "integer", "nullable": True},
        "finalizers": {"type": "array", "items": {"type": "string"}},
        "generation": {"type": "integer"},
        "managedFields": {"type": "array"},
        "ownerReferences": {"type": "array"},
        "resourceVersion": {"type": "string"},
        "selfLink": {"type": "string"},
        "uid": {"type": "string"},
    },
}


def check_metadata(document: Fields) -> None:
    """Note what is wrong with the metadata of an object."""
    metadata = document.data.get("metadata")
    if isinstance(metadata, dict):
        for field, message in violations(metadata, str(document.data.get("kind", ""))):
            document.refuse(field, message)


def violations(metadata: Mapping[str, Any], kind: str) -> Iterator[Violation]:
    """Yield what is wrong with the metadata of an object; a field is named from `metadata` on."""
    written = {key: value for key, value in metadata.items() if value is not None}
    if not node_of(SCHEMA).fits(written):
        found = [(f"metadata.{field}", message) for field, message in validate(written, SCHEMA)]
        yield from found
        if found:
            return
    yield from _names(written, kind)
    yield from _labels(written.get("labels") or {}, "metadata.labels")
    annotations = written.get("annotations") or {}
    yield from _annotations(annotations, "metadata.annotations")
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > MOST_ANNOTATIONS:
        yield "metadata.annotations", f"hold {size} bytes, where at most {MOST_ANNOTATIONS} are expected"


def is_stored(document: Fields) -> bool:
    """Whether an object was read from an API server, which gave it a uid or a status; nobody writes them."""
    metadata = document.child("metadata")
    return metadata.has("uid") or metadata.has("resourceVersion") or bool(document.data.get("status"))


def check_labels(fields: Fields, key: str) -> None:
    """Note keys and values of a mapping that no label may have."""
    for field, message in _labels(fields.strings(key), key):
        fields.refuse(field, message)


def check_annotations(fields: Fields) -> None:
    """Note keys that no annotation may have."""
    for field, message in _annotations(fields.strings("annotations"), "annotations"):
        fields.refuse(field, message)


def _annotations(annotations: Mapping[str, str], field: str) -> Iterator[Violation]:
    for key in annotations:
        yield from _qualified(f"{field}.{key}", key.lower())


def check_selector(fields: Fields) -> None:
    """Note what is wrong with a selector of labels, as the API server checks it (ValidateLabelSelector)."""
    check_labels(fields, "matchLabels")
    for entry in fields.children("matchExpressions"):
        check_key(entry, "key")
        operator, values = entry.text("operator"), entry.texts("values")
        if not operator:
            entry.refuse("operator", "is missing or empty")
        if operator in ("In", "NotIn") and not values:
            entry.refuse("values", f"is missing or empty, which {operator} does not allow")
        if operator in ("Exists", "DoesNotExist") and values:
            entry.refuse("values", f"is given, which {operator} does not allow")
        for number, value in enumerate(values):
            if not is_label_value(value):
                entry.refuse(f"values[{number}]", f"is `{value[:60]}`: {VALUE}")


def _labels(labels: Mapping[str, str], field: str) -> Iterator[Violation]:
    for key, value in labels.items():
        yield from _qualified(f"{field}.{key}", key)
        if not is_label_value(value):
            yield f"{field}.{key}", f"is `{value}`: {VALUE}"


def _names(metadata: Mapping[str, Any], kind: str) -> Iterator[Violation]:
    name, namespace = metadata.get("name", ""), metadata.get("namespace", "")
    if name and kind not in FREE_NAMES:
        if kind in DNS_LABEL_NAMES:
            if not is_label(name):
                yield "metadata.name", f"is `{name[:60]}`: {LABEL_RULE}"
        elif not is_subdomain(name):
            yield "metadata.name", f"is `{name[:60]}`: {SUBDOMAIN_RULE}"
    if namespace and not is_label(namespace):
        yield "metadata.namespace", f"is `{namespace[:60]}`: {LABEL_RULE}"


def _qualified(field: str, key: str) -> Iterator[Violation]:
    if not is_qualified_name(key):
        yield field, f"is not valid: {KEY}"
