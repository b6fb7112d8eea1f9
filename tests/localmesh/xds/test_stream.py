"""The incremental protocol, against a sidecar that does as it is told: after any history both know the same."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.envoy.api_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse, Status
from localmesh.envoy.kinds import Kind
from localmesh.envoy.wire import Resource
from localmesh.xds.stream import Refusal, Stream

NAMES = ("a", "b", "c")
WHOLE = (Kind.CLUSTER, Kind.LISTENER)
"""What a sidecar is told without asking by name."""
State = dict[tuple[Kind, str], str]


@dataclass
class Told:
    """A control plane's side that a test changes at will."""

    state: State = field(default_factory=dict)

    def names(self, kind: Kind) -> Iterable[str]:
        """Return what there is of a kind, of those that need not be asked for."""
        return [name for found, name in self.state if found is kind and name != "c"]

    def resource(self, kind: Kind, name: str) -> Resource | None:
        """Return a resource."""
        text = self.state.get((kind, name))
        return None if text is None else made(kind, name, text)


def made(kind: Kind, name: str, text: str) -> Resource:
    key = "cluster_name" if kind is Kind.ENDPOINTS else "name"
    return Resource(kind, name, {key: f"{name} {text}"})


@dataclass
class Sidecar:
    """Does what Envoy does: keeps what it is told, drops what is removed, and answers everything."""

    stream: Stream
    has: dict[tuple[Kind, str], str] = field(default_factory=dict)
    asked: set[tuple[Kind, str]] = field(default_factory=set)

    def begin(self) -> None:
        """Ask for all listeners and clusters, and say what is there from an earlier stream."""
        for kind in Kind:
            there = {name: version for (found, name), version in self.has.items() if found is kind}
            names = [name for found, name in sorted(self.asked) if found is kind]
            if kind in WHOLE or names:
                subscribed = [*(["*"] if kind in WHOLE and names else []), *names]
                self._send(kind, subscribed, initial=there)

    def ask(self, kind: Kind, name: str) -> None:
        """Ask for one resource by name."""
        self.asked.add((kind, name))
        self._send(kind, [name])

    def _send(self, kind: Kind, names: Iterable[str], initial: dict[str, str] | None = None) -> None:
        request = DeltaDiscoveryRequest(
            type_url=kind, resource_names_subscribe=names, initial_resource_versions=initial or {}
        )
        self.hear(self.stream.take(request))

    def hear(self, responses: Iterable[DeltaDiscoveryResponse]) -> None:
        """Do as told, and say so."""
        for response in responses:
            kind = Kind(response.type_url)
            self.has |= {(kind, resource.name): resource.version for resource in response.resources}
            for name in response.removed_resources:
                self.has.pop((kind, name), None)
            assert not self.stream.take(DeltaDiscoveryRequest(type_url=kind, response_nonce=response.nonce))


KEYS = st.tuples(st.sampled_from(list(Kind)), st.sampled_from(NAMES))
STATES = st.dictionaries(KEYS, st.sampled_from(["one", "two"]), max_size=6)
STEPS = st.lists(st.one_of(STATES, KEYS, st.just("reconnect")), max_size=8)


@settings(max_examples=150, deadline=None)
@given(STATES, STEPS)
def test_a_sidecar_knows_what_holds_of_all_that_it_asked_for(
    start: State, steps: list[State | tuple[Kind, str] | str]
) -> None:
    told = Told(start)
    sidecar = Sidecar(Stream(told))
    sidecar.begin()
    for step in steps:
        match step:
            case dict():
                told.state = step
                sidecar.hear(sidecar.stream.news())
            case (Kind() as kind, str(name)):
                sidecar.ask(kind, name)
            case _:
                sidecar.stream = Stream(told)
                sidecar.begin()
        wanted = sidecar.asked | {(kind, name) for kind in WHOLE for name in told.names(kind)}
        expected = {key: found.version for key in wanted if (found := told.resource(*key))}
        assert sidecar.has == expected
        assert sidecar.stream.settled
        assert sidecar.stream.news() == []


def test_what_a_new_stream_finds_unchanged_is_not_sent_again() -> None:
    told = Told({(Kind.LISTENER, "a"): "one", (Kind.LISTENER, "b"): "one"})
    sidecar = Sidecar(Stream(told))
    sidecar.begin()
    told.state[Kind.LISTENER, "b"] = "two"
    again = Stream(told)
    versions = {name: version for (_, name), version in sidecar.has.items()}
    (response,) = again.take(DeltaDiscoveryRequest(type_url=Kind.LISTENER, initial_resource_versions=versions))
    assert [resource.name for resource in response.resources] == ["b"]


def test_a_cluster_that_is_replaced_gets_its_endpoints_again() -> None:
    told = Told({(Kind.CLUSTER, "a"): "one", (Kind.ENDPOINTS, "a"): "one"})
    sidecar = Sidecar(Stream(told))
    sidecar.begin()
    sidecar.ask(Kind.ENDPOINTS, "a")
    told.state[Kind.CLUSTER, "a"] = "two"
    kinds = [response.type_url for response in sidecar.stream.news()]
    assert kinds == [Kind.CLUSTER, Kind.ENDPOINTS]


def test_what_goes_is_told_after_what_comes() -> None:
    told = Told({(Kind.CLUSTER, "a"): "one", (Kind.LISTENER, "a"): "one"})
    sidecar = Sidecar(Stream(told))
    sidecar.begin()
    told.state = {(Kind.CLUSTER, "b"): "one", (Kind.LISTENER, "a"): "two"}
    responses = sidecar.stream.news()
    assert [response.type_url for response in responses] == [Kind.CLUSTER, Kind.LISTENER, Kind.CLUSTER]
    assert list(responses[-1].removed_resources) == ["a"]


@pytest.mark.parametrize("reason", ["", "no argument for repetition operator: *"])
def test_a_refusal_names_the_resource_that_was_refused(reason: str) -> None:
    told = Told({(Kind.ROUTES, "a"): "one", (Kind.ROUTES, "b"): "one"})
    stream = Stream(told)
    request = DeltaDiscoveryRequest(type_url=Kind.ROUTES, resource_names_subscribe=["a", "b"])
    _, second = stream.take(request)
    assert not stream.settled
    detail = Status(code=13, message=reason)
    stream.take(DeltaDiscoveryRequest(type_url=Kind.ROUTES, response_nonce=second.nonce, error_detail=detail))
    assert stream.refusals == ([Refusal(Kind.ROUTES, ("b",), reason)] if reason else [])
