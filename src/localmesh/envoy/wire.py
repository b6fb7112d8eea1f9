"""Serializes resources from JSON to the bytes that are sent to Envoy.

The messages of `api.proto` are sent as protocol buffers. The configuration of an extension is sent as it is written,
as JSON inside a `TypedStruct`: Envoy parses it with its own definitions.
"""

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from json import dumps
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from localmesh.envoy import Json, api_pb2
from localmesh.envoy.kinds import Kind

_MESSAGES: dict[str, type[Message]] = {
    Kind.CLUSTER: api_pb2.Cluster,
    Kind.ENDPOINTS: api_pb2.ClusterLoadAssignment,
    Kind.SECRET: api_pb2.Secret,
    Kind.LISTENER: api_pb2.Listener,
    Kind.ROUTES: api_pb2.RouteConfiguration,
    "type.googleapis.com/envoy.config.route.v3.FilterConfig": api_pb2.FilterConfig,
}
_STRUCT = "type.googleapis.com/xds.type.v3.TypedStruct"
_TYPE = "@type"


@dataclass(frozen=True, slots=True)
class Resource:
    """An xDS resource, in JSON; equal content has an equal version, in every run."""

    kind: Kind
    name: str
    content: Json = field(compare=False)
    version: str = field(init=False)

    def __post_init__(self) -> None:
        digest = sha256(dumps(self.content, sort_keys=True).encode()).hexdigest()
        object.__setattr__(self, "version", digest[:20])

    def pack(self) -> api_pb2.Resource:
        """Return the message; raises `google.protobuf.json_format.ParseError` for a field unknown to Envoy."""
        value = _message(self.kind, self.content).SerializeToString()
        body = api_pb2.Any(type_url=self.kind, value=value)
        return api_pb2.Resource(name=self.name, version=self.version, resource=body)


def _message(kind: str, content: Json) -> Message:
    return ParseDict(_packed({name: value for name, value in content.items() if name != _TYPE}), _MESSAGES[kind]())


def _packed(found: Any) -> Any:
    """Return JSON in which every message with an `@type` is replaced by its type URL and serialized bytes."""
    if isinstance(found, dict):
        if _TYPE in found:
            return _any(found)
        return {name: _packed(value) for name, value in found.items()}
    return [_packed(value) for value in found] if isinstance(found, list) else found


def _any(found: Json) -> Json:
    kind = found[_TYPE]
    if kind in _MESSAGES:
        value = _message(kind, found)
    else:
        value = api_pb2.TypedStruct(type_url=kind)
        value.value.update({name: field for name, field in found.items() if name != _TYPE})
        kind = _STRUCT
    return {"type_url": kind, "value": b64encode(value.SerializeToString()).decode()}
