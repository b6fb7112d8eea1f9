"""Variables that a GitOps tool fills in before it applies: `${NAME}`, `${NAME:=default}`, `${NAME:-default}`. Pure.

Source: fluxcd/pkg envsubst, which `spec.postBuild.substitute` of a Flux Kustomization uses.
"""

import re
from collections.abc import Iterator, Mapping

VARIABLE = re.compile(r"(?<!\$)\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::?[-=](?P<default>[^{}]*))?\}")
OTHER = re.compile(r"\$\$?\{#?[A-Za-z_][A-Za-z0-9_]*[^{}]*\}")
"""What else may be filled in: a part of a value, one in other letters, one of several tools' escapes."""
FREE = frozenset(
    (
        *("command", "args", "env", "data", "stringData", "binaryData"),
        *("image", "replicas", "resources", "storageClassName", "schedule"),
    )
)
"""Fields whose text is a program's, a shell's among them, or decides no access."""
TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
"""What a template engine has yet to fill in."""


def substituted(text: str, values: Mapping[str, str], *, defaults: bool = True) -> str:
    """Return a text with its variables' values, or else their defaults; one that has neither stays as it is.

    Without `defaults` none counts: a value may come from where nobody looked.
    """

    def value(found: re.Match[str]) -> str:
        given, default = values.get(found["name"]), found["default"]
        if given or (given is not None and default is None):
            return given
        return found[0] if default is None or (given is None and not defaults) else default

    return VARIABLE.sub(value, text) if "${" in text else text


def unset(data: object) -> Iterator[str]:
    """Yield the names of variables that stand unfilled in what decides access, and whatever is no mere name whole."""
    if isinstance(data, str):
        yield from (found["name"] for found in VARIABLE.finditer(data))
        yield from OTHER.findall(VARIABLE.sub("", data))
        yield from TEMPLATE.findall(data)
    elif isinstance(data, Mapping):
        for key, value in data.items():
            yield from unset(key)
            if key == "annotations" and isinstance(value, Mapping):
                yield from unset({name: text for name, text in value.items() if "linkerd.io/" in str(name)})
            elif key not in FREE:
                yield from unset(value)
    elif isinstance(data, list):
        for value in data:
            yield from unset(value)
