"""Resolves FROM and TO of a question: `pinger`, `unmeshed`, `10.0.0.7`, `ponger:metrics`, `ponger/ping`. Pure."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from ipaddress import ip_address

from meshpolicy.analysis.access import Access, account_of
from meshpolicy.analysis.clients import ANY_IDENTITY
from meshpolicy.analysis.ports import declared_ports
from meshpolicy.analysis.words import named_accounts
from meshpolicy.core.errors import UnknownWorkload
from meshpolicy.core.labels import ANY as ANY_LABELS
from meshpolicy.core.match import Address, IdentityMatch
from meshpolicy.core.ref import Ref
from meshpolicy.decide.transport import find_service_targets
from meshpolicy.index.index import index_of
from meshpolicy.index.servers import port_numbers, target_ports
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.service import Service, ServicePort
from meshpolicy.kinds.workload import Workload
from meshpolicy.record import record

UNMESHED = "unmeshed"
ACCOUNT = re.compile(r"[a-z0-9-]+/[a-z0-9.-]+")
"""`namespace/account`."""
TARGET = re.compile(r"(?:(?P<namespace>[a-z0-9.-]+)/)?(?P<name>[a-z0-9.-]+)(?::(?P<port>[a-z0-9-]+))?(?P<path>/.*)?")


SERVICE = re.compile(
    r"(?:http://(?P<short>[a-z0-9-]+)\.(?P<home>[a-z0-9-]+)|(?:http://)?(?P<name>[a-z0-9-]+)\.(?P<namespace>[a-z0-9-]+)"
    r"\.svc(?:\.cluster\.local\.?)?)(?::(?P<port>[a-z0-9-]+))?(?P<path>/.*)?"
)
"""The name of a Service in the cluster, with `.svc`, or as the host of a URL."""
TLS_TARGET = "SERVICE.NAMESPACE.svc:PORT and --protocol tls"
"""What to write to ask about TLS of the application's own."""


@record
class Caller:
    """The client: a workload, an account without one, or an address; without all three, an unmeshed client."""

    name: str
    workload: Workload | None = None
    address: Address | None = None
    more: tuple[Workload, ...] = ()
    """Further pods of the controller that was named, on a live cluster."""


@record
class Target:
    """The server of a question."""

    workload: Workload
    port: int
    path: str = ""
    called: str = ""
    """The name in the question, without its namespace; it may be a Service's."""
    through: Ref | None = None
    """The Service that has the named port, if the workload itself does not; otherwise None."""
    dialled: int = 0
    """The port of the Service, if the question names a Service; 0 for any that leads to `port`."""
    more: tuple[Workload, ...] = ()
    """Further pods of the controller that was named, on a live cluster."""


def caller(cluster: Cluster, text: str) -> Caller:
    """Return the client that FROM means. Raises UnknownWorkload if there is none, or more than one."""
    if text == UNMESHED:
        return Caller("an unmeshed client")
    try:
        return _at(cluster, ip_address(text))
    except ValueError:
        pass
    found = _workloads(cluster, text)
    if len(found) == 1:
        return Caller(str(found[0].ref), found[0], more=_other_pods(cluster, text, found[0]))
    if not found and text in named_accounts(cluster):
        return Caller(f"the account {text}", account_caller(text))
    if not found and text in ("kubelet", "node"):
        told = "it calls without an identity, from the address of its node: write that address, such as 10.0.0.7"
        raise UnknownWorkload(f"no workload `{text}` in these manifests; if the kubelet is meant: {told}")
    raise UnknownWorkload(_unclear(cluster, text, found))


def _at(cluster: Cluster, address: Address) -> Caller:
    """Return the client with an address: its pod, or the bare address if no pod or several have it.

    Pods on the host's network do not count, as they share the node's address. An IPv4-mapped IPv6 address is the IPv4
    address, as its packets are IPv4 (R71).
    """
    address = getattr(address, "ipv4_mapped", None) or address
    own = [one for one in cluster.workloads if address in one.addresses and not one.host_network]
    pod = own[0] if len(own) == 1 else None
    return Caller(str(address) if pod is None else f"{address} ({pod.ref})", pod, None if pod else address)


def account_caller(text: str) -> Workload:
    """Return a meshed client with the account `namespace/account`, about whose pods nothing else is known."""
    namespace, _, name = text.partition("/")
    ref = Ref("", "ServiceAccount", namespace, name)
    return Workload(ref, ANY_LABELS, service_account=name, meshed=True)


def target(cluster: Cluster, text: str, *, direct: bool = False) -> Target:
    """Return the server that TO means: `[namespace/]workload[:port][/path]`, or the name or URL of a Service.

    A port that the workload does not have, but exactly one of its Services has, means the port that the Service leads
    to, unless `direct` says that the pod's address is called. A name that no workload has may be a Service's.
    Raises UnknownWorkload if there is no such server, or more than one.
    """
    if service := SERVICE.fullmatch(text):
        return _of_service(cluster, service.groupdict(default=""))
    if re.match(r"[a-z]+://", text):
        raise UnknownWorkload(_no_url_of_a_service(text))
    for reading in _readings(text):
        found = _workloads(cluster, reading["name"])
        if len(found) == 1:
            called, port = reading["name"].rpartition("/")[2], reading["port"]
            led = None if direct else _led_to(cluster, found[0], port)
            more = _other_pods(cluster, reading["name"], found[0])
            if led is not None:
                return Target(found[0], led[1], reading["path"], called, led[0], more=more)
            return Target(found[0], _port(found[0], port), reading["path"], called, more=more)
        if len(found) > 1:
            raise UnknownWorkload(_unclear(cluster, reading["name"], found))
    for reading in () if direct else _readings(text):
        if (other := _service_of(cluster, reading["name"])) is not None:
            return _behind(cluster, other, _port_of(other, reading["port"]), reading["path"])
    name = next(iter(_readings(text)), {"name": text})["name"]
    raise UnknownWorkload(_unclear(cluster, name, []))


def _no_url_of_a_service(text: str) -> str:
    """Return what is wrong with a URL, and what to write instead."""
    if not text.startswith("http://"):
        return f"`{text}`: only URLs with http:// are taken; for TLS of the application's own write {TLS_TARGET}"
    form = "http://SERVICE.NAMESPACE[:PORT][/PATH]"
    return f"`{text}` is no URL of a Service of this cluster: write {form}, such as http://cart.shop:8080/items"


def _of_service(cluster: Cluster, parts: dict[str, str]) -> Target:
    """Return the first workload behind a port of a Service, which the text's parts name; the default port is 80."""
    namespace, name = parts["namespace"] or parts["home"], parts["name"] or parts["short"]
    names = {f"{one.ref.namespace}/{one.ref.name}": one for one in cluster.services}
    service = names.get(f"{namespace}/{name}")
    if service is None:
        raise UnknownWorkload(_missing("Service", f"{namespace}/{name}", names))
    return _behind(cluster, service, _port_of(service, parts["port"] or "80"), parts["path"])


def _service_of(cluster: Cluster, text: str) -> Service | None:
    """Return the Service with a name, `[namespace/]name`; None if there is none, or more than one."""
    namespace, slash, name = text.rpartition("/")
    found = [one for one in cluster.services if one.ref.name == name and (not slash or one.ref.namespace == namespace)]
    return found[0] if len(found) == 1 else None


def _port_of(service: Service, text: str) -> ServicePort:
    """Return a TCP port of a Service by number or name; an empty text means its only port, or 80."""
    ports = [one for one in service.ports if one.protocol == "TCP"]
    word = text or (str(ports[0].number) if len(ports) == 1 else "80")
    for one in ports:
        if word in (str(one.number), one.name):
            return one
    has = ", ".join(f"{one.number} ({one.name})" if one.name else str(one.number) for one in ports) or "none"
    raise UnknownWorkload(f"{service.ref} has no TCP port {word}; its TCP ports: {has}")


def _behind(cluster: Cluster, service: Service, entry: ServicePort, path: str) -> Target:
    """Return the first workload to which a port of a Service leads."""
    behind = [one for one in cluster.workloads if service in index_of(cluster).services(one)]
    for workload in behind:
        for port in (entry.number,) if service.headless else target_ports(workload, entry.target):
            return Target(workload, port, path, service.ref.name, dialled=entry.number)
    raise UnknownWorkload(_leads_nowhere(service, entry, behind))


def _leads_nowhere(service: Service, entry: ServicePort, behind: Sequence[Workload]) -> str:
    if not behind:
        text = f"port {entry.number} of {service.ref} leads to no workload of these manifests"
        return f"{text}: write namespace/workload:port"
    pods = " and ".join(str(one.ref) for one in behind)
    has = "has" if len(behind) == 1 else "have"
    return f"port {entry.number} of {service.ref} leads nowhere: {pods} {has} no port `{entry.target}`"


def known_account(cluster: Cluster, text: str, granted: Iterable[Access]) -> None:
    """Raise UnknownWorkload for an account that no workload has and no policy names; `granted` is its access.

    A grant to its whole namespace, or by a ServerAuthorization, counts as naming it; one to any meshed client does not.
    """
    names = known_accounts(cluster)
    if text not in names and not any(_names(access) for access in granted):
        raise UnknownWorkload(_missing("account", text, names))


def known_accounts(cluster: Cluster) -> frozenset[str]:
    """Return the accounts that workloads run as, and those that policies name, as `namespace/account`."""
    return frozenset(map(account_of, cluster.workloads)) | frozenset(named_accounts(cluster))


def _names(access: Access) -> bool:
    """Whether an access is granted to identities narrower than any meshed client."""
    wide = (ANY_IDENTITY, IdentityMatch("*"))
    return any(pattern not in wide for term in access.clients for pattern in term.identities.all_of)


def _readings(text: str) -> list[dict[str, str]]:
    """Return the readings of a text: `a/b` is workload b of namespace a, or path /b of workload a."""
    found: list[dict[str, str]] = []
    match = TARGET.fullmatch(text)
    if match is None:
        return found
    parts = match.groupdict(default="")
    if parts["namespace"]:
        found.append({**parts, "name": f"{parts['namespace']}/{parts['name']}"})
        if not parts["port"]:
            found.append({"name": parts["namespace"], "port": "", "path": text[len(parts["namespace"]) :]})
    else:
        found.append(parts)
    return found


def _workloads(cluster: Cluster, text: str) -> list[Workload]:
    """Return the workloads with a name; if there are none, the first pod of each controller with this name."""
    namespace, slash, name = text.rpartition("/")
    if not name:
        return []  # `made_by` is empty for pods without a controller
    near = [workload for workload in cluster.workloads if not slash or workload.ref.namespace == namespace]
    if found := [workload for workload in near if workload.ref.name == name]:
        return found
    return list({workload.ref.namespace: workload for workload in reversed(near) if made_by(workload) == name}.values())


def _other_pods(cluster: Cluster, text: str, first: Workload) -> tuple[Workload, ...]:
    """Return the other pods of the controller that a text names; during a rollout, they may differ."""
    name = text.rpartition("/")[2]
    if first.ref.name == name:
        return ()
    pods = (one for one in cluster.workloads if one.ref.namespace == first.ref.namespace and one is not first)
    return tuple(one for one in pods if made_by(one) == name)


def made_by(pod: Workload) -> str:
    """Return the name of the controller of a pod, found by the labels that controllers set; empty if it has none.

    Of a live cluster the pods are read, but people name Deployments, DaemonSets, StatefulSets and Jobs.
    """
    if pod.ref.kind != "Pod":
        return ""
    if job := pod.labels.get("batch.kubernetes.io/job-name", ""):
        return job
    for label, ending in (
        ("pod-template-hash", "-{}-[a-z0-9]+"),
        ("controller-revision-hash", "-[a-z0-9]+"),
    ):
        if mark := pod.labels.get(label, ""):
            return re.sub(f"{ending.format(re.escape(mark))}$", "", pod.ref.name)
    return ""


def _port(workload: Workload, text: str) -> int:
    """Return a port of a workload by number or name; an empty text means `http`, or the only port."""
    declared = {p.name: p.number for c in workload.containers if c.name != "linkerd-proxy" for p in c.ports}
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    if text:
        numbers = port_numbers(workload, text)
        if numbers:
            return numbers[0]
        raise UnknownWorkload(f"{workload.ref} has no port `{text}`; it has {_list(declared)}")
    if "http" in declared:
        return declared["http"]
    if len(declared) == 1:
        return next(iter(declared.values()))
    raise UnknownWorkload(f"{workload.ref} has {_list(declared)}: say which, as {workload.ref.name}:PORT")


def _led_to(cluster: Cluster, workload: Workload, text: str) -> tuple[Ref, int] | None:
    """Return the Service that has a port which its workload does not have, and the workload's port that it leads to.

    The Service with the workload's own name comes first. None if the workload has the port, or no single Service does.
    Raises UnknownWorkload if the port of the Service with the workload's name leads nowhere.
    """
    number = int(text) if text.isdecimal() else 0
    own = find_service_targets(cluster, workload, number) or index_of(cluster).governing(workload, number)
    declared = number in declared_ports(workload) if number else bool(port_numbers(workload, text))
    if not text or own or declared:
        return None
    entries = [
        (service, entry)
        for service in index_of(cluster).services(workload)
        for entry in service.ports
        if not service.headless and entry.protocol == "TCP" and (entry.number == number or entry.name == text)
    ]
    named = [(service, entry) for service, entry in entries if service.ref.name == workload.ref.name]
    found = {
        (service.ref, port) for service, entry in named or entries for port in target_ports(workload, entry.target)
    }
    if named and not found:
        raise UnknownWorkload(_leads_nowhere(*named[0], [workload]))
    return found.pop() if len(found) == 1 else None


def _list(declared: dict[str, int]) -> str:
    return ", ".join(f"{name or 'unnamed'} ({number})" for name, number in declared.items()) or "no declared port"


def _unclear(cluster: Cluster, text: str, found: list[Workload]) -> str:
    if found:
        return f"`{text}` is not clear: {', '.join(str(workload.ref) for workload in found)}; write namespace/name"
    called = [(w.ref.namespace, made_by(w) or w.ref.name) for w in cluster.workloads]
    names = [name for _, name in called] + [f"{namespace}/{name}" for namespace, name in called]
    names += named_accounts(cluster)
    return _missing("workload", text, names)


def _missing(what: str, text: str, names: Iterable[str]) -> str:
    return f"no {what} `{text}` in these manifests; {near(text, names)}"


def near(text: str, names: Iterable[str]) -> str:
    """Return a hint with the names that are close to a text, or else the first existing names."""
    names = sorted(set(names))
    close = alike(text, names)
    if "/" in text:
        names = [name for name in names if "/" in name] or names
    return f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(names[:8]) or 'none'}"


def alike(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that are close to a text; in the text's own namespace, only the rest of the name is compared."""
    listed = sorted(set(names))
    namespace, slash, name = text.rpartition("/")
    inside = [one.removeprefix(f"{namespace}/") for one in listed if slash and one.startswith(f"{namespace}/")]
    close = [f"{namespace}/{one}" for one in get_close_matches(name, inside, n=3)]
    if not inside:
        close = get_close_matches(text, listed, n=3)
    return close or [one for one in listed if slash and one.endswith(f"/{name}")][:3]
