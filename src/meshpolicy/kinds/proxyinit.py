"""What a pod's own linkerd-init was told by its arguments, once the injector has made it (R10, R113, R114). Pure.

Later changes of annotations and of the installation's settings do not reach it.
Source: linkerd2-proxy-init `proxy-init/cmd/root.go`, linkerd2 `charts/partials/templates/_proxy-init.tpl`.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from meshpolicy.kinds.container import Container
from meshpolicy.record import record

NAME = "linkerd-init"
PROGRAMS = ("linkerd2-proxy-init", "proxy-init")
LISTS = {"r": "ports-to-redirect"} | {
    name: name
    for name in ("ports-to-redirect", "inbound-ports-to-ignore", "outbound-ports-to-ignore", "subnets-to-ignore")
}
NUMBERS = {"p": "incoming-proxy-port", "o": "outgoing-proxy-port", "u": "proxy-uid", "g": "proxy-gid"}
NUMBERS |= {name: name for name in NUMBERS.values()}
TEXTS = ("timeout-close-wait-secs", "log-format", "log-level", "iptables-mode", "firewall-bin-path")
TAKING = {*LISTS, *NUMBERS, *TEXTS, "firewall-save-bin-path"}
"""Arguments with a value, by their long and short names."""
FALSE = ("0", "f", "F", "false", "FALSE", "False")
NUMBER = re.compile(r"-?[0-9]{1,10}")


@record
class ProxyInit:
    """Which packets linkerd-init leads to the proxy, and which it leaves alone."""

    inbound: str = ""
    """Ports that are left alone, as they are written."""
    outbound: str = ""
    subnets: str = ""
    only: tuple[int, ...] = ()
    """The only inbound ports whose packets are led to the proxy; empty: all."""
    ipv6: bool = True
    port: int = -1
    """Where inbound packets are led to."""
    user: int = -1
    group: int = -1
    unread: str = ""
    """Why it is not known what it does; empty: it is."""


def own_init(containers: Iterable[Container]) -> ProxyInit | None:
    """Return what the linkerd-init among a pod's containers was told; None where there is none with arguments."""
    found = next((one for one in containers if one.init and one.name == NAME and one.args), None)
    if found is None:
        return None
    program = found.command[0].rpartition("/")[2] if found.command else PROGRAMS[0]
    if program not in PROGRAMS or len(found.command) > 1:
        return ProxyInit(unread=f"its {NAME} runs {program}, which is not known")
    return _read(found.args)


def _read(args: Sequence[str]) -> ProxyInit:
    given: dict[str, list[str]] = {}
    for name, value in _pairs(args):
        if value is None:
            return ProxyInit(unread=f"its {NAME} has the argument `{name[:60]}`, which is not known")
        given.setdefault(name, []).append(value)
    lists = {name: ",".join(given.get(name, ())) for name in LISTS.values()}
    numbers = {name: given.get(name, ["-1"])[-1] for name in NUMBERS.values()}
    only = lists["ports-to-redirect"].split(",") if lists["ports-to-redirect"] else []
    wrong = next((text for text in (*numbers.values(), *only) if not NUMBER.fullmatch(text)), None)
    if wrong is not None:
        return ProxyInit(unread=f"its {NAME} fails on the number `{wrong[:60]}`, so that the pod never starts")
    return ProxyInit(
        lists["inbound-ports-to-ignore"],
        lists["outbound-ports-to-ignore"],
        lists["subnets-to-ignore"],
        tuple(map(int, only)),
        given.get("ipv6", ["true"])[-1] not in FALSE,
        int(numbers["incoming-proxy-port"]),
        int(numbers["proxy-uid"]),
        int(numbers["proxy-gid"]),
    )


def _pairs(args: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """Yield arguments with their values; None where one is not known, or has no value of its own."""
    rest = iter(args)
    for word in rest:
        name, equals, value = word.partition("=")
        long, dash = name.removeprefix("--"), name.startswith("--")
        short = name.removeprefix("-") if not dash and len(name) == 2 and not equals else ""
        known = long if dash else short
        if "$(" in word:
            yield word, None
        elif known in TAKING and (dash or short):
            text = value if equals else next(rest, None)
            said = text is not None and "$(" not in text
            yield (LISTS.get(known) or NUMBERS.get(known, known), text) if said else (word, None)
        elif dash and long in ("ipv6", "use-wait-flag"):
            yield long, value if equals else "true"
        else:
            yield ("use-wait-flag", "true") if word == "-w" else (word, None)
