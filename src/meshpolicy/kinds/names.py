"""The names that Kubernetes accepts: of objects, labels, annotations, containers and ports. Pure.

Source: Kubernetes `apimachinery/pkg/util/validation` and `pkg/apis/core/validation/validation.go`.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from meshpolicy.core.fields import Fields

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
LONGEST_SUBDOMAIN, LONGEST_NAME = 253, 63
QUALIFIED = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)")
PORT_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
LONGEST_PORT_NAME = 15
PORT_RULE = (
    "a port's name (IANA_SVC_NAME) holds up to 15 lower-case letters, digits and `-`, a letter among them, no `--`,"
    " and begins and ends with a letter or digit"
)
MOST_PORT = 65535
NAME = "a name holds lower-case letters, digits and `-`, begins and ends with a letter or digit"
LABEL_RULE = f"{NAME}, and has at most {LONGEST_NAME} of them"
SUBDOMAIN_RULE = f"{NAME}, between which `.` may stand, and has at most {LONGEST_SUBDOMAIN} of them"
KEY = "a key is a name of up to 63 letters, digits, `-`, `_` and `.`, perhaps after a domain and `/`"
VALUE = "a label's value holds up to 63 letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit"


def is_label(text: str) -> bool:
    """Whether a text is a label of DNS (RFC 1123)."""
    return len(text) <= LONGEST_NAME and DNS_LABEL.fullmatch(text) is not None


def is_subdomain(text: str) -> bool:
    """Whether a text is a name of DNS: labels with dots between them (RFC 1123)."""
    return len(text) <= LONGEST_SUBDOMAIN and DNS_SUBDOMAIN.fullmatch(text) is not None


def is_label_value(text: str) -> bool:
    """Whether a label may have this value; it may be empty."""
    return not text or (len(text) <= LONGEST_NAME and QUALIFIED.fullmatch(text) is not None)


@lru_cache(maxsize=4096)
def is_qualified_name(text: str) -> bool:
    """Whether a label or an annotation may have this key: a name, perhaps after a domain and a slash."""
    prefix, slash, name = text.rpartition("/")
    return (not slash or is_subdomain(prefix)) and len(name) <= LONGEST_NAME and QUALIFIED.fullmatch(name) is not None


def is_port_name(text: str) -> bool:
    """Whether a port may have this name (RFC 6335, section 5.1)."""
    return len(text) <= LONGEST_PORT_NAME and PORT_NAME.fullmatch(text) is not None


def check_name(fields: Fields, key: str, name: str) -> None:
    """Note a name that is no label of DNS; one that is left out is not looked at."""
    if name and not is_label(name):
        fields.refuse(key, f"is `{name[:60]}`: {LABEL_RULE}")


def check_subdomain(fields: Fields, key: str, name: str, *, begins: bool = False) -> None:
    """Note a name that is none of DNS; it has to be there.

    `begins`: Kubernetes takes one that ends with `-` for the beginning of a name here (maskTrailingDash).
    """
    whole = f"{name[:-2]}a" if begins and len(name) > 1 and name.endswith("-") else name
    if not is_subdomain(whole):
        fields.refuse(key, f"is `{name[:60]}`: {SUBDOMAIN_RULE}" if name else "is missing or empty")


def check_key(fields: Fields, key: str) -> None:
    """Note a text at a field that no label may have as its key."""
    if not is_qualified_name(fields.text(key)):
        fields.refuse(key, f"is `{fields.text(key)[:60]}`: {KEY}")


def check_target(fields: Fields, key: str) -> None:
    """Note a port that is neither a number from 1 to 65535 nor a port's name."""
    value: Any = fields.data.get(key) or 0
    if isinstance(value, str) and not is_port_name(value):
        fields.refuse(key, f"is `{value[:60]}`: {PORT_RULE}")
    elif not isinstance(value, str) and not 1 <= value <= MOST_PORT:
        fields.refuse(key, f"is {value}, where a port from 1 to {MOST_PORT} is expected")


def check_unique(entries: Iterable[Fields], what: str, is_name: Callable[[str], bool] = is_label) -> None:
    """Note an entry that has the name of one before it; one that is no name is told of elsewhere."""
    seen: set[str] = set()
    for entry in entries:
        name = entry.text("name")
        if name in seen:
            entry.refuse("name", f"is `{name}`, as another {what} is named already")
        if is_name(name):
            seen.add(name)
