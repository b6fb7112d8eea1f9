"""Finds and reads case files with their bases. Opens files through `load` only."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from meshpolicy.case import Base, Case, CaseRequest, Condition, Facts
from meshpolicy.document import Document
from meshpolicy.errors import Problem
from meshpolicy.fields import Fields
from meshpolicy.load import load
from meshpolicy.watch import Watch, unwatched
from meshpolicy.workload import MeshSettings

PROTOCOLS = ("http", "http2", "grpc", "tcp", "tls")
CASE_FIELDS = frozenset(
    (
        *("description", "rules", "base", "cluster", "manifests", "policies", "requests"),
        *("status", "admission", "rejected", "cut", "newPod"),
    )
)
REQUEST_FIELDS = frozenset(
    (
        *("from", "to", "direct", "protocol", "method", "path", "headers", "authority", "repeat", "pause"),
        *("expect", "shown", "resolve", "seconds", "again"),
    )
)
NOTHING = Base((), MeshSettings(), Facts())


def read_cases(paths: Iterable[str | Path], watch: Watch = unwatched) -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    """Return the cases of files and folders, in order; base files among them are read as bases only."""
    documents, found = load(paths, watch)
    problems = list(found)
    bases: dict[str, Base] = {}
    cases = []
    for document in documents:
        if {"apiVersion", "kind"} <= document.data.keys() or _is_base(document):
            continue
        base = _base(document, bases, problems)
        cases.append(read_case(document, base, problems))
    return tuple(cases), tuple(problems)


def _is_base(document: Document) -> bool:
    return "manifests" in document.data and not {"requests", "rejected"} & document.data.keys()


def _base(document: Document, bases: dict[str, Base], problems: list[Problem]) -> Base:
    """Return the base that a case names, relative to its file, or what it holds itself."""
    if "cluster" in document.data or "manifests" in document.data:
        return read_base(document, problems)
    name = document.data.get("base")
    if not isinstance(name, str):
        return NOTHING
    path = str(Path(document.place.file).parent / name)
    if path not in bases:
        documents, found = load([path])
        problems += found
        bases[path] = read_base(documents[0], problems) if documents else NOTHING
    return bases[path]


def read_base(document: Document, problems: list[Problem]) -> Base:
    """Read a base file: `cluster` (what the mesh was installed with) and `manifests`."""
    fields = Fields(document.data, document.place, problems)
    cluster = fields.child("cluster")
    standard = MeshSettings()
    settings = MeshSettings(
        cluster.text("defaultInboundPolicy", standard.default_inbound_policy),
        cluster.texts("clusterNetworks") if cluster.has("clusterNetworks") else standard.cluster_networks,
        cluster.texts("probeNetworks") if cluster.has("probeNetworks") else standard.probe_networks,
        cluster.text("trustDomain", standard.trust_domain),
        cluster.text("controlPlaneNamespace", standard.control_plane_namespace),
        cluster.text("outboundTransportMode", standard.outbound_transport_mode),
    )
    plane = cluster.child("controlPlane")
    facts = Facts(cluster.text("node"), cluster.text("dns"), plane.text("destination"), plane.text("identity"))
    return Base(_documents(fields, "manifests"), settings, facts)


def read_case(document: Document, base: Base, problems: list[Problem]) -> Case:
    """Read one case."""
    fields = Fields(document.data, document.place, problems)
    _known(fields, CASE_FIELDS)
    requests = fields.children("requests")
    rejected = tuple(
        Document(entry.at("manifest"), entry.child("manifest").data) for entry in fields.children("rejected")
    )
    if not requests and not rejected:
        fields.note("requests", "is missing or empty: a case needs requests or rejected manifests")
    return Case(
        document.place,
        fields.text("description"),
        fields.texts("rules"),
        base.manifests,
        _documents(fields, "policies"),
        rejected,
        tuple(filter(None, (_request(entry) for entry in requests))),
        tuple(_conditions(fields.child("status"))),
        base.settings,
        base.facts,
        fields.flag("cut"),
    )


def _documents(fields: Fields, key: str) -> tuple[Document, ...]:
    return tuple(Document(entry.place, entry.data) for entry in fields.children(key))


def _request(fields: Fields) -> CaseRequest | None:
    _known(fields, REQUEST_FIELDS)
    caller = fields.required("from")
    target, _, port = fields.required("to").rpartition(":")
    namespace, _, pod = target.partition("/")
    if not (namespace and pod and port.isdecimal()):
        fields.note("to", f"is `{fields.text('to')}`, where namespace/pod:port is expected")
        return None
    protocol = fields.text("protocol", "http")
    if protocol not in PROTOCOLS:
        fields.note("protocol", f"is `{protocol}`; accepted are {', '.join(PROTOCOLS)}")
    repeat = fields.integer("repeat", 1)
    pause = fields.data.get("pause", 0)
    return CaseRequest(
        fields.place,
        caller,
        namespace,
        pod,
        int(port),
        _expected(fields, repeat),
        fields.flag("direct"),
        protocol,
        fields.text("method", "GET"),
        fields.text("path", "/"),
        {name.lower(): value for name, value in fields.strings("headers").items()},
        fields.text("authority"),
        repeat,
        float(pause) if isinstance(pause, int | float) else 0,
        fields.flag("resolve"),
        _shown(fields),
    )


def _expected(fields: Fields, repeat: int) -> Mapping[str, int]:
    value: Any = fields.data.get("expect")
    if isinstance(value, dict):
        return {str(outcome): count for outcome, count in value.items() if isinstance(count, int)}
    if isinstance(value, int | str) and not isinstance(value, bool):
        return {str(value): repeat}
    fields.note("expect", "is missing: an outcome such as allow, 403 or closed")
    return {}


def _shown(fields: Fields) -> Mapping[str, str | None]:
    values = fields.child("shown").data
    return {str(name).lower(): None if value is None else str(value) for name, value in values.items()}


def _conditions(fields: Fields) -> list[Condition]:
    return [
        Condition(name, entry.text("parent"), entry.text("status"), entry.text("reason"))
        for name in fields.data
        for entry in fields.children(name)
        if entry.text("type", "Accepted") == "Accepted"
    ]


def _known(fields: Fields, names: frozenset[str]) -> None:
    for name in fields.data:
        if name not in names:
            fields.note(str(name), f"is no field of a case; known are {', '.join(sorted(names))}")
