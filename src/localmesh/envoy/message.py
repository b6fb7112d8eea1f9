"""The two wrappers that Envoy's API puts around every extension."""

from localmesh.envoy import Json

_EXTENSIONS = "type.googleapis.com/envoy.extensions."


def typed(kind: str, **fields: object) -> Json:
    """Return an extension's message with its `@type`; `kind` is the type's name below `envoy.extensions`."""
    return {"@type": _EXTENSIONS + kind, **fields}


def extension(name: str, kind: str, **fields: object) -> Json:
    """Return a configured extension; `name` is its name in Envoy."""
    return {"name": name, "typed_config": typed(kind, **fields)}
