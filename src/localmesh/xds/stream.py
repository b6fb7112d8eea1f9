"""One sidecar's end of the incremental xDS protocol: what it asked for, what it has, what it refused. No I/O."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import Protocol

from localmesh.envoy.api_pb2 import DeltaDiscoveryRequest, DeltaDiscoveryResponse
from localmesh.envoy.kinds import Kind
from localmesh.envoy.wire import Resource

EVERYTHING = "*"
"""The name that stands for all that there is of a kind; so does, at first, no name at all."""
_ABSENT = ""
"""The version of what a sidecar was told does not exist."""


class ResourceSource(Protocol):
    """What a sidecar may be told, as it is at the moment."""

    def names(self, kind: Kind) -> Iterable[str]:
        """Return what it is told of a kind without asking by name."""

    def resource(self, kind: Kind, name: str) -> Resource | None:
        """Return a resource, or None where there is none of this name."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Envoy did not take, and why, in its own words."""

    kind: Kind
    names: tuple[str, ...]
    reason: str


@dataclass(slots=True)
class _Subscription:
    everything: bool = False
    names: set[str] = field(default_factory=set)
    held: dict[str, str] = field(default_factory=dict)
    """The version that the sidecar has of each resource."""


class Stream:
    """The state of one stream. Responses are returned in the order in which they must be sent."""

    def __init__(self, source: ResourceSource) -> None:
        self.refusals: list[Refusal] = []
        self._source = source
        self._subscriptions: dict[Kind, _Subscription] = {}
        self._unanswered: dict[str, tuple[Kind, tuple[str, ...]]] = {}
        self._sent = 0

    @property
    def settled(self) -> bool:
        """Whether the sidecar has taken or refused all that it was told."""
        return not self._unanswered

    def take(self, request: DeltaDiscoveryRequest) -> list[DeltaDiscoveryResponse]:
        """Take in a request, which may also be the answer to a response; return what is to be said to it."""
        kind = Kind(request.type_url)
        self._answered(request)
        first = kind not in self._subscriptions
        found = self._subscriptions.setdefault(kind, _Subscription())
        if first:
            found.held.update(request.initial_resource_versions)
            found.everything = not request.resource_names_subscribe
        asked = set(request.resource_names_subscribe)
        found.everything = (found.everything or EVERYTHING in asked) and (
            EVERYTHING not in request.resource_names_unsubscribe
        )
        found.names |= asked - {EVERYTHING}
        for name in request.resource_names_unsubscribe:
            found.names.discard(name)
            found.held.pop(name, None)
        # Who asks for a name again has lost it, whatever it had before.
        return list(self._responses([kind], again=set() if first else asked, first=first))

    def news(self) -> list[DeltaDiscoveryResponse]:
        """Return what has changed since the sidecar was last told."""
        return list(self._responses([kind for kind in Kind if kind in self._subscriptions]))

    def _answered(self, request: DeltaDiscoveryRequest) -> None:
        kind, names = self._unanswered.pop(request.response_nonce, (None, ()))
        if kind and request.error_detail.message:
            self.refusals.append(Refusal(kind, names, request.error_detail.message))

    def _responses(
        self, kinds: Iterable[Kind], again: Set[str] = frozenset(), *, first: bool = False
    ) -> Iterator[DeltaDiscoveryResponse]:
        gone: list[tuple[Kind, list[str]]] = []
        renewed: Set[str] = frozenset()
        for kind in kinds:
            found = self._subscriptions[kind]
            wanted = found.names | (set(self._source.names(kind)) if found.everything else set())
            resources = [resource for name in sorted(wanted) if (resource := self._source.resource(kind, name))]
            there = {resource.name for resource in resources}
            new = [
                resource
                for resource in resources
                if resource.name in again | renewed or found.held.get(resource.name) != resource.version
            ]
            absent = [name for name in found.names - there if name in again or found.held.get(name) != _ABSENT]
            removed = [name for name, version in found.held.items() if name not in wanted | there and version]
            found.held = {resource.name: resource.version for resource in resources}
            found.held |= dict.fromkeys(found.names - there, _ABSENT)
            # A cluster that is replaced waits for its endpoints anew, and Envoy does not ask for what it has.
            renewed = {resource.name for resource in new} if kind is Kind.CLUSTER else frozenset()
            if first and found.everything:
                # Envoy is ready when it has what comes first: that has to be all.
                yield self._response(kind, new, [])
            else:
                # One at a time: Envoy refuses a response as a whole, and one mistake must not keep the rest away.
                yield from (self._response(kind, [resource], []) for resource in new)
            if absent or removed:
                gone.append((kind, [*absent, *removed]))
        # Last, when nothing leads there any more.
        for kind, names in gone:
            yield self._response(kind, [], names)

    def _response(self, kind: Kind, resources: list[Resource], removed: list[str]) -> DeltaDiscoveryResponse:
        self._sent += 1
        nonce = str(self._sent)
        self._unanswered[nonce] = kind, tuple(resource.name for resource in resources)
        return DeltaDiscoveryResponse(
            type_url=kind, nonce=nonce, resources=[resource.pack() for resource in resources], removed_resources=removed
        )
