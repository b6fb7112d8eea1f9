"""What a pod's annotations make of its sidecar: its ports, and which packets bypass it (R10, R113-R115). Pure."""

import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import field
from ipaddress import ip_network
from itertools import pairwise
from types import MappingProxyType

from meshpolicy.core.match import NetworkMatch
from meshpolicy.kinds import annotations
from meshpolicy.kinds.container import PROXY, Container
from meshpolicy.kinds.portlists import HIGHEST, NOT_PLAIN, Ports, holds, of_destination, of_proxy_init
from meshpolicy.kinds.proxyinit import ProxyInit, own_init
from meshpolicy.kinds.settings import MeshSettings, ProxyPorts
from meshpolicy.record import record

IPV4_NETWORK = re.compile(r"(?:(?:0|[1-9][0-9]{0,2})\.){3}(?:0|[1-9][0-9]{0,2})/[0-9]{1,2}")
PROXY_UID = "config.linkerd.io/proxy-uid"
PROXY_GID = "config.linkerd.io/proxy-gid"
NUMBER = re.compile(r"[+-]?0*([0-9]{1,19})")
"""A whole number as Go reads it in base 10."""
BOOLEANS = dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True) | dict.fromkeys(
    ("0", "f", "F", "false", "FALSE", "False"), False
)
"""Words that Go's strconv.ParseBool reads."""
HIGHEST_ID = 2**31 - 1
LISTENS = re.compile(r":([0-9]{1,5})$")
UNCOPIED = re.compile(r"[\"\\\x00-\x1f\x7f-\x9f\ufffe\uffff]")
"""Characters that mean something else in JSON, or nothing, or that YAML does not take."""
UNPRINTED = re.compile(r"[\x7f-\x9f\ufffe\uffff]")
HARMLESS = re.compile(
    r"LINKERD2_PROXY_(LOG.*|ACCESS_LOG|CORES.*|TRACE_.*|SHUTDOWN_.*|.*_METRICS_.*)|(?!LINKERD2_PROXY_).*"
)
"""Environment variables of the proxy on which no verdict depends."""


@record
class Sidecar:
    """A pod's sidecar: where it listens, and what never meets it."""

    ports: ProxyPorts = field(default_factory=ProxyPorts)
    skipped: Ports = (range(4567, 4569),)
    """Inbound ports that packets reach without it."""
    told_skipped: Ports = ()
    """Skipped ports that meshed clients are told of, so that they use no mTLS (controller/api/destination)."""
    skipped_outbound: Ports = (range(4567, 4569),)
    subnets: tuple[NetworkMatch, ...] = ()
    """Whose packets reach every port without it (R114)."""
    ipv6: bool = False
    """Whether IPv6 packets meet it (R115)."""
    unknown: str = ""
    """Why nobody can say from the manifests what it does; empty: it is known."""
    taken: frozenset[int] = frozenset()
    """Ports of the application on which the proxy itself listens."""
    user: int = 2102
    """The user that it runs as: packets of this user never meet it."""
    group: int = -1
    """A group whose packets never meet it, either; not above 0: there is none."""
    native: bool = True
    """Whether it is an init container that goes on running."""
    version: str = ""
    """The proxy's version, from its image's tag, such as `edge-26.8.3`; empty if unknown."""

    def passes(self, user: int | None, group: int | None) -> bool:
        """Whether what a process of this user and group sends never meets it (proxy-init, addOutgoingTrafficRules)."""
        return user == self.user or (self.group > 0 and group == self.group)

    def skips(self, port: int) -> bool:
        """Whether packets to a port never meet the proxy; what its admin server serves, it polices (R10, R103)."""
        if port == self.ports.admin:
            return False
        return port == self.ports.control or holds(self.skipped, port)


def sidecar(
    own: Mapping[str, str],
    settings: MeshSettings,
    declared: Collection[int] = (),
    space: Mapping[str, str] = MappingProxyType({}),
    made: Sequence[Container] = (),
) -> Sidecar:
    """Return the sidecar of a pod from its annotations (its namespace's among them) and its declared TCP ports.

    `space` holds the namespace's own annotations, whose environment variables are merged with the pod's. `made` are the
    containers of a pod that has its sidecar: what they were told counts before annotations and settings.
    """
    ports = _listening(made, _ports(own, settings))
    init = own_init(made)
    user = _number(own.get(PROXY_UID, ""), 64, settings.proxy_user)
    group = _number(own.get(PROXY_GID, ""), 64, settings.plugin.group if settings.cni else settings.proxy_group)
    if init is not None:
        packets, user, group = _by_own_init(init, ports), init.user, init.group
    else:
        packets = _by_plugin(own, settings) if settings.cni else _by_proxy_init(own, settings)
    unknown = (
        packets.wrong
        or ("" if _listens(ports) else "its proxy cannot listen on the ports that it is given")
        or ("" if 1 <= user <= HIGHEST_ID else f"no proxy runs as the user {user}")
        or ("" if group <= HIGHEST_ID else f"no proxy runs as the group {group}")
        or _environment((space, own), settings)
    )
    return Sidecar(
        ports,
        packets.inbound,
        of_destination(own.get(annotations.SKIP_INBOUND, "")),
        packets.outbound,
        packets.subnets,
        packets.ipv6,
        unknown,
        frozenset((ports.inbound, ports.admin, ports.outbound)).intersection(declared),
        user,
        group,
        _native(own, settings),
        own.get(annotations.PROXY_VERSION, settings.proxy_version),
    )


def _native(own: Mapping[str, str], settings: MeshSettings) -> bool:
    """Whether the proxy is a native sidecar; a word that Go does not read as true or false is passed over."""
    word = next((own[name] for name in annotations.NATIVE_SIDECAR if name in own), "")
    return BOOLEANS.get(word, settings.native_sidecar)


@record
class _Packets:
    """What leads packets to a proxy, and which it leaves alone."""

    inbound: Ports
    outbound: Ports
    subnets: tuple[NetworkMatch, ...]
    ipv6: bool
    wrong: str
    """Why the pod never starts, or its proxy gets no packets; empty: neither is so."""


def _by_proxy_init(own: Mapping[str, str], settings: MeshSettings) -> _Packets:
    """Return what the init container does: an annotation takes the place of the chart's list (R10, R113, R114)."""
    inbound = own.get(annotations.SKIP_INBOUND, settings.ignore_inbound_ports)
    outbound = own.get(annotations.SKIP_OUTBOUND, settings.ignore_outbound_ports)
    subnets, wrong = _subnets(own.get(annotations.SKIP_SUBNETS, settings.skip_subnets))
    wrong = wrong or _not_plain(inbound, outbound) or _none_left(outbound)
    return _Packets(of_proxy_init(inbound), of_proxy_init(outbound), subnets, settings.ipv6, wrong)


def _by_own_init(init: ProxyInit, ports: ProxyPorts) -> _Packets:
    """Return what a pod's init container does by its own arguments."""
    subnets, wrong = _subnets(init.subnets)
    left_out = _except(init.only) if init.only else ()
    if init.port != ports.inbound:
        wrong = wrong or f"its linkerd-init leads packets to port {init.port}, and its proxy listens on {ports.inbound}"
    wrong = init.unread or wrong or _not_plain(init.inbound, init.outbound) or _none_left(init.outbound)
    inbound = of_proxy_init(init.inbound) + left_out
    return _Packets(inbound, of_proxy_init(init.outbound), subnets, init.ipv6, wrong)


def _by_plugin(own: Mapping[str, str], settings: MeshSettings) -> _Packets:
    """Return what the CNI plugin does: an empty annotation is none, and inbound ports add up (R132)."""
    plugin = settings.plugin
    inbound = ",".join(filter(None, (plugin.inbound_ignored, own.get(annotations.SKIP_INBOUND))))
    outbound = own.get(annotations.SKIP_OUTBOUND) or plugin.outbound_ignored
    subnets, wrong = _subnets(own.get(annotations.SKIP_SUBNETS) or plugin.subnets)
    left_out = _except(plugin.only) if plugin.only else ()
    wrong = wrong or _none_left(outbound) or _not_of_plugin(own, settings)
    return _Packets(of_proxy_init(inbound) + left_out, of_proxy_init(outbound), subnets, plugin.ipv6, wrong)


def _except(ports: Iterable[int]) -> Ports:
    """Return all ports but these."""
    edges = sorted({0, *(port for port in ports if 1 <= port <= HIGHEST), HIGHEST + 1})
    return tuple(range(low + 1, high) for low, high in pairwise(edges) if low + 1 < high)


def _not_of_plugin(own: Mapping[str, str], settings: MeshSettings) -> str:
    """Say that a proxy is told other ports, or another user, than the CNI plugin."""
    plugin = settings.plugin
    if _ports(own, settings).inbound != plugin.inbound_port or annotations.OUTBOUND_PORT_ANNOTATION in own:
        return "its proxy may not listen where the CNI plugin leads packets, which knows no annotation of ports"
    for name in (PROXY_UID, PROXY_GID):
        if own.get(name) and not NUMBER.fullmatch(own[name]):
            return f"the CNI plugin fails on {name} `{own[name]}`, so that the pod never starts"
    if not own.get(PROXY_UID) and settings.proxy_user != plugin.user:
        return f"its proxy runs as the user {settings.proxy_user}, and the CNI plugin expects {plugin.user}"
    return ""


def copied(value: str) -> str | None:
    """Return what a pod gets of an annotation of its namespace: what the text means within JSON; None: it is none.

    The injector writes it as it is into values in YAML, and into its patch (charts/patch/templates/patch.json).
    """
    if not UNCOPIED.search(value):
        return value
    try:
        found = None if UNPRINTED.search(value) else json.loads(f'"{value}"')
    except ValueError:
        return None
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(found, str) else None


def not_copied(inherited: Mapping[str, str]) -> str:
    """Say why the injector cannot give a pod the annotations of its namespace: it writes them into JSON as they are."""
    name = next((name for name, value in inherited.items() if copied(value) is None), "")
    return (
        f"the injector fails on the annotation {name} of its Namespace, so that the pod is never made" if name else ""
    )


def _not_plain(*lists: str) -> str:
    """Say which list of ports proxy-init cannot read."""
    strange = next((text for text in lists if NOT_PLAIN.search(text)), "")
    return f"proxy-init cannot read the ports `{strange}`" if strange else ""


def _none_left(outbound: str) -> str:
    """Say why iptables fails on outbound ports: it takes no empty list. The inbound one is never empty."""
    if outbound and not of_proxy_init(outbound):
        return f"iptables fails on the outbound ports `{outbound}`, none of which is one, so that the pod never starts"
    return ""


def _listens(ports: ProxyPorts) -> bool:
    """Whether a proxy can listen on its ports: four different ones, of which Kubernetes takes two as a pod's."""
    numbers = (ports.inbound, ports.admin, ports.outbound)
    valid = all(1 <= port <= HIGHEST for port in numbers) and 0 <= ports.control <= HIGHEST
    return valid and len({*numbers, ports.control}) == 4


def _ports(own: Mapping[str, str], settings: MeshSettings) -> ProxyPorts:
    """Return the proxy's ports; a value that is no number is passed over (pkg/inject, ApplyAnnotationOverrides)."""

    def number(name: str, standard: int) -> int:
        return _number(own.get(name, ""), 32, standard)

    usual = settings.ports
    return ProxyPorts(
        number(annotations.INBOUND_PORT_ANNOTATION, usual.inbound),
        number(annotations.CONTROL_PORT_ANNOTATION, usual.control),
        number(annotations.ADMIN_PORT_ANNOTATION, usual.admin),
        number(annotations.OUTBOUND_PORT_ANNOTATION, usual.outbound),
    )


def _listening(made: Sequence[Container], usual: ProxyPorts) -> ProxyPorts:
    """Return the ports on which a proxy that is there was told to listen; the usual ones where it does not say."""
    given = {one.name: one.value for container in made if container.name == PROXY for one in container.env}

    def number(name: str, standard: int) -> int:
        found = LISTENS.search(given.get(f"LINKERD2_PROXY_{name}_LISTEN_ADDR", ""))
        return int(found[1]) if found else standard

    return ProxyPorts(
        number("INBOUND", usual.inbound),
        number("CONTROL", usual.control),
        number("ADMIN", usual.admin),
        number("OUTBOUND", usual.outbound),
    )


def _number(text: str, bits: int, standard: int) -> int:
    """Return the whole number of a text; the standard one where it is none, or needs more bits."""
    found = NUMBER.fullmatch(text)
    if found is None:
        return standard
    number = -int(found[1]) if text.startswith("-") else int(found[1])
    return number if -(2 ** (bits - 1)) <= number < 2 ** (bits - 1) else standard


def _subnets(text: str) -> tuple[tuple[NetworkMatch, ...], str]:
    """Return the networks of a list, and why proxy-init fails on it: it takes IPv4 networks with a mask (R114)."""
    words = [token.strip() for token in text.split(",")] if text else []
    wrong = next((word for word in words if not IPV4_NETWORK.fullmatch(word) or not _network(word)), None)
    if wrong is not None:
        return (), f"proxy-init fails on the subnet `{wrong}`, so that the pod never starts"
    return tuple(NetworkMatch(ip_network(word, strict=False)) for word in words), ""


def _network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _environment(layers: Iterable[Mapping[str, str]], settings: MeshSettings) -> str:
    """Say that environment variables replace the proxy's own (R116), of the namespace or of the pod."""
    if settings.additional_env:
        return f"the mesh's settings give its proxy {settings.additional_env}"
    for layer in layers:
        try:
            decisive = decisive_variable(_named(layer.get(annotations.ADDITIONAL_ENV) or "[]"))
        except RecursionError:
            return "proxy-additional-env is nested too deeply to be read here"
        if decisive:
            return f"proxy-additional-env sets {decisive}, which replaces the proxy's own setting"
    return ""


def _named(text: str) -> list[str]:
    """Return the names in a list of environment variables; what is no JSON is passed over."""
    try:
        listed = json.loads(text)
    except ValueError:
        return []
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return [str(value) for entry in entries for key, value in entry.items() if str(key).lower() == "name"]


def decisive_variable(names: Iterable[str]) -> str:
    """Return the first environment variable of a proxy on which verdicts may depend; empty: there is none."""
    return next((name for name in names if not HARMLESS.fullmatch(name)), "")
