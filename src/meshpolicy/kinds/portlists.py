"""Lists of ports in annotations, as each of their readers takes them: they differ (R9, R112). Pure."""

import re
from collections.abc import Mapping
from functools import lru_cache

Ports = tuple[range, ...]

HIGHEST = 65535
NUMBER = re.compile(r"\+?0*([0-9]{1,5})")
"""As both languages read it: digits, perhaps after a plus sign and any number of zeros."""
BLANKS = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace() and sign not in "\x1c\x1d\x1e\x1f")
"""What may stand around a number of a list: Unicode's white space, as both languages trim it."""
NOT_PLAIN = re.compile(r"[\"\\\r\n]")
"""Characters with which the list is no list to proxy-init: its value is written into YAML and read as CSV."""


def holds(ports: Ports, port: int) -> bool:
    """Whether a list holds a port."""
    return any(port in part for part in ports)


def listed(ports: Ports) -> str:
    """Return a list as it is written: `25,8000-8010`."""
    return ",".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in ports)


@lru_cache(4096)
def of_controller(text: str) -> Ports:
    """Return what the policy controller reads: one bad token empties the list (R9; k8s/index/src/ports.rs)."""
    found: list[range] = []
    for token in text.split(","):
        first, dash, last = (part.strip(BLANKS) for part in token.partition("-"))
        if not dash and not first:
            continue
        low = _number(first)
        high = _number(last) if dash else low
        if not low or not high or low > high:
            return ()
        found.append(range(low, high + 1))
    return tuple(found)


def of_destination(text: str, names: Mapping[str, int] | None = None) -> Ports:
    """Return what the injector and the destination controller read: a bad token is left out, a name means its port.

    R112; pkg/util/parsing.go, ParsePorts and ParseContainerOpaquePorts. Their names are compared with case.
    """
    return _of_numbers(text) if names is None else _of_numbers_and_names(text, names)


@lru_cache(4096)
def _of_numbers(text: str) -> Ports:
    return _of_numbers_and_names(text, {})


def _of_numbers_and_names(text: str, names: Mapping[str, int]) -> Ports:
    found: list[range] = []
    for word in _words(text):
        if word in names:
            found.append(range(names[word], names[word] + 1))
        else:
            found += _go_range(word)
    return tuple(found)


@lru_cache(4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(token.strip(BLANKS) for token in text.removesuffix(",").split(","))


@lru_cache(4096)
def of_proxy_init(text: str) -> Ports:
    """Return what proxy-init reads: a bad token is left out, blanks make a token bad, 0 is a port (R113)."""
    return tuple(part for token in text.split(",") for part in _go_range(token))


def bad_tokens(text: str) -> tuple[str, ...]:
    """Return the tokens that proxy-init leaves out."""
    return tuple(token for token in text.split(",") if token and not _go_range(token))


@lru_cache(4096)
def _go_range(token: str) -> Ports:
    """Return the range of a token, if it is one: `8080`, `+8080`, `0`, `8000-8010`."""
    first, dash, last = token.partition("-")
    low = _number(first)
    high = _number(last) if dash else low
    return (range(low, high + 1),) if low is not None and high is not None and low <= high else ()


def _number(text: str) -> int | None:
    """Return a port, which may be 0."""
    found = NUMBER.fullmatch(text)
    number = int(found[1]) if found else HIGHEST + 1
    return number if number <= HIGHEST else None
