"""What the API server refuses in Services beyond their schema: ports, addresses, and what fits their type. Pure.

Source: Kubernetes `pkg/apis/core/validation/validation.go`: `validateService` and what it calls.
"""

from ipaddress import ip_address

from meshpolicy.core.errors import ProblemKind
from meshpolicy.core.fields import Fields
from meshpolicy.core.networks import is_address, is_cidr
from meshpolicy.kinds.metadata import check_labels
from meshpolicy.kinds.names import check_key, check_name, check_subdomain, check_target, check_unique

HEADLESS = "None"
BALANCED = ("LoadBalancer",)
FAMILIES = {"IPv4": 4, "IPv6": 6}
LONGEST_AFFINITY = 86400
"""Seconds."""
OF_TYPES = {
    "allocateLoadBalancerNodePorts": BALANCED,
    "loadBalancerClass": BALANCED,
    "loadBalancerSourceRanges": BALANCED,
}
"""Fields that only some types may have."""


def check_service(document: Fields) -> None:
    """Note what is wrong with a Service; an empty name or port counts as left out."""
    spec = document.child("spec")
    check_labels(spec, "selector")
    kind = spec.text("type") or "ClusterIP"
    ports = spec.children("ports")
    if not ports and spec.text("clusterIP") != HEADLESS and kind != "ExternalName":
        spec.refuse("ports", "is missing or empty; only a headless Service needs none")
    for port in ports:
        _check_port(port, kind, alone=len(ports) == 1)
    check_unique(ports, "port")
    _check_numbers(ports, "port")
    _check_numbers(ports, "nodePort")
    if kind == "ExternalName":
        _check_external_name(spec)
    else:
        _check_addresses(spec, kind)
        _check_families(spec)
    _check_outside(spec, kind)
    for key in ("internalTrafficPolicy", "trafficDistribution", "ipFamilyPolicy"):
        if spec.data.get(key) == "":
            spec.refuse(key, "is empty")
    for key, types in OF_TYPES.items():
        if spec.data.get(key) not in (None, [], "") and kind not in types:
            spec.note(key, f"is for Services of type {' or '.join(types)}; this is a {kind}", ProblemKind.TOLERATED)


def _check_port(port: Fields, kind: str, *, alone: bool) -> None:
    if not alone and not port.text("name"):
        port.refuse("name", "is missing; each of several ports has a name")
    if port.text("name"):
        check_name(port, "name", port.text("name"))
    if port.has("appProtocol"):
        check_key(port, "appProtocol")
    if port.data.get("targetPort"):
        check_target(port, "targetPort")
    if kind == "ClusterIP" and port.data.get("nodePort"):
        port.note("nodePort", "is for Services of type NodePort or LoadBalancer", ProblemKind.TOLERATED)


def _check_numbers(ports: tuple[Fields, ...], key: str) -> None:
    """Note a port that has the number and the protocol of one before it."""
    seen: set[tuple[str, object]] = set()
    for port in ports:
        number, protocol = port.data.get(key), port.text("protocol") or "TCP"
        if number and (protocol, number) in seen:
            port.refuse(key, f"is {number}, as of another port of {protocol}")
        seen.add((protocol, number))


def _check_external_name(spec: Fields) -> None:
    """Note what an ExternalName, which is a name for another one and has no address, may not have."""
    for key in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.data.get(key) not in (None, "", []):
            spec.refuse(key, "is not for Services of type ExternalName, which have no address")
    name = spec.text("externalName").removesuffix(".")
    if not name:
        spec.refuse("externalName", "is missing or empty; a Service of type ExternalName is a name for it")
    else:
        check_subdomain(spec, "externalName", name)


def _check_addresses(spec: Fields, kind: str) -> None:
    first, listed = spec.text("clusterIP"), spec.texts("clusterIPs")
    addresses = listed or ((first,) if first else ())
    wrong = next((address for address in addresses if _version(address) is None), None)
    if listed and listed[0] != first:
        spec.refuse("clusterIPs", f"begins with `{listed[0][:60]}`, where `clusterIP` is `{first[:60]}`")
    elif first == HEADLESS and kind != "ClusterIP":
        spec.refuse("clusterIP", f"is `{HEADLESS}`, which a Service of type {kind} may not be")
    elif first == HEADLESS and len(addresses) > 1:
        spec.refuse("clusterIPs", f"holds `{HEADLESS}` and more")
    elif first != HEADLESS and wrong is not None:
        field = f"clusterIPs[{listed.index(wrong)}]" if listed else "clusterIP"
        spec.refuse(field, f"is `{wrong[:60]}`, where an IP address or `{HEADLESS}` is expected")
    elif len({_version(address) for address in addresses}) < len(addresses):
        spec.refuse("clusterIPs", "holds two addresses of one family")


def _check_families(spec: Fields) -> None:
    """Note families that are none, or twice there, or that the addresses are not of."""
    families = spec.texts("ipFamilies")
    for number, family in enumerate(families):
        if family not in FAMILIES:
            spec.refuse(f"ipFamilies[{number}]", f"is `{family[:60]}`; accepted are {', '.join(FAMILIES)}")
        elif family in families[:number]:
            spec.refuse(f"ipFamilies[{number}]", f"is {family} again")
    if len(families) > 1 and spec.text("ipFamilyPolicy") == "SingleStack":
        spec.refuse("ipFamilyPolicy", "is SingleStack, and ipFamilies has two")
    addresses = spec.texts("clusterIPs") or ((spec.text("clusterIP"),) if spec.text("clusterIP") else ())
    for address, family in zip(addresses, families, strict=False):
        version = _version(address)
        if version is not None and FAMILIES.get(family, version) != version:
            spec.refuse("ipFamilies", f"says {family}, and the address is {address}")


def _check_outside(spec: Fields, kind: str) -> None:
    """Note what is wrong with how a Service is reached from outside, and with who is kept at one pod."""
    for number, address in enumerate(spec.texts("externalIPs")):
        if not _is_external(address):
            spec.refuse(f"externalIPs[{number}]", f"is `{address[:60]}`, where the IP address of a node is expected")
    for number, text in enumerate(spec.texts("loadBalancerSourceRanges") if kind in BALANCED else ()):
        if not is_cidr(text.strip()):
            expected = "where a network such as 10.9.8.0/24 is expected"
            spec.refuse(f"loadBalancerSourceRanges[{number}]", f"is `{text[:60]}`, {expected}")
    outside = kind in ("LoadBalancer", "NodePort") or spec.data.get("externalIPs")
    if spec.text("externalTrafficPolicy") and not outside:
        spec.note("externalTrafficPolicy", "is for Services that are reached from outside", ProblemKind.TOLERATED)
    local = kind == "LoadBalancer" and spec.text("externalTrafficPolicy") == "Local"
    if spec.data.get("healthCheckNodePort") and not local:
        told = "is for a LoadBalancer with `externalTrafficPolicy: Local` alone"
        spec.note("healthCheckNodePort", told, ProblemKind.TOLERATED)
    if spec.has("loadBalancerClass") and kind in BALANCED:
        check_key(spec, "loadBalancerClass")
    _check_affinity(spec)


def _check_affinity(spec: Fields) -> None:
    if spec.text("sessionAffinity") != "ClientIP":
        return  # What is written of it is dropped.
    seconds = spec.child("sessionAffinityConfig").child("clientIP").data.get("timeoutSeconds")
    if isinstance(seconds, int) and not 0 < seconds <= LONGEST_AFFINITY:
        field = "sessionAffinityConfig.clientIP.timeoutSeconds"
        spec.refuse(field, f"is {seconds}, where 1 to {LONGEST_AFFINITY} seconds are expected")


def _is_external(text: str) -> bool:
    """Whether an address may be one of `externalIPs` (ValidateEndpointIP)."""
    if not is_address(text):
        return False
    address = ip_address(text)
    first, second, third = address.packed[:3]
    on_link = (first == 0xFF and second & 0xF == 2) if address.version == 6 else (first, second, third) == (224, 0, 0)
    return not (address.is_unspecified or address.is_loopback or address.is_link_local or on_link)


def _version(text: str) -> int | None:
    """Return the version of an address, in which leading zeros may stand; None for another text."""
    plain = ".".join(part.lstrip("0") or part[-1:] for part in text.split(".")) if ":" not in text else text
    try:
        return ip_address(plain).version
    except ValueError:
        return None
