"""Finds and reads case files with their bases. Opens files through `load` only."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from meshpolicy.cases.case import Base, Case, CaseRequest, Condition, Facts
from meshpolicy.core.document import Document, located
from meshpolicy.core.errors import Problem
from meshpolicy.core.fields import Fields
from meshpolicy.core.match import NEXT_LINE
from meshpolicy.core.policy import DefaultPolicy
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.core.spelling import did_you_mean
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.load import load

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
NEW_POD_FIELDS = REQUEST_FIELDS | {"ready", "applicationStarted", "took", "log"}
MODES = ("transport-header", "transparent")
NOTHING = Base((), MeshSettings(), Facts())


def read_cases(
    paths: Iterable[str | Path], progress: Progress = no_progress
) -> tuple[tuple[Case, ...], tuple[Problem, ...]]:
    """Return the cases of files and folders, in order; base files among them are read as bases only."""
    documents, found = load(paths, progress, words=True)
    problems = list(found)
    bases: dict[tuple[str, ...], Base] = {}
    cases = []
    for document in documents:
        if {"apiVersion", "kind"} <= document.data.keys() or _is_base(document):
            continue
        base = _base(document, bases, problems)
        cases.append(read_case(document, base, problems))
    return tuple(cases), tuple(located(problems, documents))


def _is_base(document: Document) -> bool:
    return "manifests" in document.data and not {"requests", "rejected"} & document.data.keys()


def _base(document: Document, bases: dict[tuple[str, ...], Base], problems: list[Problem]) -> Base:
    """Return the base that a case names, relative to its file, or the base that the case contains itself.

    A base is one file with `manifests`, or files and folders of real manifests, with `cluster` in the case.
    """
    if "manifests" in document.data or ("cluster" in document.data and "base" not in document.data):
        return read_base(document, problems)
    named = document.data.get("base")
    names = [named] if isinstance(named, str) else named if isinstance(named, list) else []
    paths = tuple(str(Path(document.place.file).parent / str(name)) for name in names)
    if not paths:
        return NOTHING
    if paths not in bases:
        documents, found = load(paths, words=True)
        problems += found
        bases[paths] = _joined(documents, problems)
    own = bases[paths]
    if "cluster" in document.data:
        given = read_base(document, problems)
        return Base(own.manifests, given.settings, given.facts)
    return own


def _joined(documents: Sequence[Document], problems: list[Problem]) -> Base:
    """Return real manifests as a base, or what a base file says."""
    real = tuple(document for document in documents if {"apiVersion", "kind"} <= document.data.keys())
    base = next((document for document in documents if _is_base(document)), None)
    if base is None:
        return Base(real, MeshSettings(), Facts())
    said = read_base(base, problems)
    return Base((*said.manifests, *real), said.settings, said.facts)


def read_base(document: Document, problems: list[Problem]) -> Base:
    """Read a base file: `cluster` (what the mesh was installed with) and `manifests`."""
    fields = Fields(document.data, document.place, problems)
    cluster = fields.child("cluster")
    plane = cluster.child("controlPlane")
    facts = Facts(cluster.text("node"), cluster.text("dns"), plane.text("destination"), plane.text("identity"))
    return Base(_documents(fields, "manifests"), read_settings(cluster), facts)


def read_settings(cluster: Fields) -> MeshSettings:
    """Return the settings that the mesh was installed with."""
    standard = MeshSettings()
    return MeshSettings(
        _word(cluster, "defaultInboundPolicy", standard.default_inbound_policy, tuple(DefaultPolicy)),
        _networks(cluster, "clusterNetworks", standard.cluster_networks),
        _networks(cluster, "probeNetworks", standard.probe_networks),
        cluster.text("trustDomain", standard.trust_domain),
        cluster.text("controlPlaneNamespace", standard.control_plane_namespace),
        _word(cluster, "outboundTransportMode", standard.outbound_transport_mode, MODES),
    )


def _word(fields: Fields, key: str, standard: str, words: tuple[str, ...]) -> str:
    value = fields.text(key, standard)
    if value not in words:
        fields.note(key, f"is `{value}`; accepted are {', '.join(words)}")
        return standard
    return value


def _networks(fields: Fields, key: str, standard: tuple[str, ...]) -> tuple[str, ...]:
    if not fields.has(key):
        return standard
    found = []
    for number, text in enumerate(fields.texts(key)):
        try:
            ip_network(text, strict=False)
        except ValueError:
            fields.note(f"{key}[{number}]", f"is `{text}`, where a network such as 10.0.0.0/8 is expected")
        else:
            found.append(text)
    return tuple(found)


def read_case(document: Document, base: Base, problems: list[Problem]) -> Case:
    """Read one case."""
    fields = Fields(document.data, document.place, problems)
    unknown = [*_unknown(fields, CASE_FIELDS)]
    requests = fields.children("requests")
    unknown += [problem for entry in requests for problem in _unknown(entry, REQUEST_FIELDS)]
    new_pod = fields.child("newPod")
    unknown += _unknown(new_pod, NEW_POD_FIELDS)
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
        _request(new_pod) if new_pod.data else None,
        tuple(located(unknown, (document,))),
    )


def _documents(fields: Fields, key: str) -> tuple[Document, ...]:
    return tuple(Document(entry.place, entry.data) for entry in fields.children(key))


def _request(fields: Fields) -> CaseRequest | None:
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
        _headers(fields),
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


def _headers(fields: Fields) -> Mapping[str, str]:
    """Return the headers; a number stands for its text, and a list for several lines of one header."""
    found: dict[str, str] = {}
    for name, value in fields.child("headers").data.items():
        lines = value if isinstance(value, list) else [value]
        found[str(name).lower()] = NEXT_LINE.join("" if line is None else str(line) for line in lines)
    return found


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


def _unknown(fields: Fields, names: frozenset[str]) -> Iterator[Problem]:
    for name in fields.data:
        if name not in names:
            hint = did_you_mean(str(name), names)
            yield Problem(fields.at(str(name)), f"is not a field of a case and is ignored{hint}")
