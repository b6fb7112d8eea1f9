"""The two wrappers that Envoy's API puts around every extension."""

from localmesh.envoy import Json

_EXTENSIONS = "type.googleapis.com/envoy.extensions."


def typed(kind: str, **fields: object) -> Json:
    """Return a message of an extension, by its type below `envoy.extensions`, with its type beside it."""
    return {"@type": _EXTENSIONS + kind, **fields}


def extension(name: str, kind: str, **fields: object) -> Json:
    """Return a configured extension; `name` is the one that Envoy knows it by."""
    return {"name": name, "typed_config": typed(kind, **fields)}
