"""Handles the pods' spans: adds the policy to spans of refused calls, stores them and forwards them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from localmesh.control.refusals import Refusal
from localmesh.errors import CommandFailed
from localmesh.pods.process import Child
from localmesh.pods.spans import Receiver, SpanSender
from localmesh.state import StateFolder
from localmesh.traces import otlp
from localmesh.traces.collector import Collector, collector
from localmesh.traces.forward import Forwarder
from localmesh.traces.jaeger import Jaeger, find, jaeger
from localmesh.traces.span import PLACE, POLICY, REASONS, RULE, VERDICT
from localmesh.traces.store import TraceStore
from localmesh.traces.trace import Trace
from localmesh.traces.view import TracesView
from localmesh.until import stop_task

log = logging.getLogger(__name__)
INBOUND = "inbound"

Explain = Callable[[str, Mapping[str, str]], Refusal | None]
"""Returns why a pod's sidecar refused the request whose span has these attributes; None if it did not."""


class Spans:
    """The spans of one mesh. Raises BadInput if the environment names an invalid collector."""

    def __init__(self, folder: StateFolder, environ: Mapping[str, str], explain: Explain) -> None:
        self.store = TraceStore()
        self._explain = explain
        self._to = collector(environ)
        self._jaeger = _jaeger(folder, environ) if self._to is None else None
        self._forwarder: Forwarder | None = None

    @property
    def collector(self) -> Collector | None:
        """The collector to which spans are forwarded; None if there is none."""
        return self._jaeger.collector if self._jaeger else self._to

    @property
    def page(self) -> str:
        """The URL of the started Jaeger; empty if there is none."""
        return self._jaeger.page if self._jaeger else ""

    def view(self, traces: Iterable[Trace], receiver: Receiver | None) -> TracesView:
        """Return these traces with the counts of all; no receiver means that no spans are recorded."""
        ratio = receiver.ratio if receiver else None
        store, to = self.store, self._to.shown if self._to else ""
        return TracesView(tuple(traces), store.spans, store.received, store.forgotten, ratio, to, self.page)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Forward spans in this context."""
        child = await _started(self._jaeger) if self._jaeger else None
        self._forwarder = Forwarder(self.collector) if self.collector else None
        sending = asyncio.create_task(self._forwarder.run()) if self._forwarder else None
        try:
            yield
        finally:
            await stop_task(sending)
            if child:
                await child.stop(grace=1)

    def take(self, sender: SpanSender, request: ExportTraceServiceRequest) -> None:
        """Store and forward a pod's spans. Policy attributes from an app are dropped: only the mesh may set them."""
        for span in _spans(request):
            without_policies(span)
            if sender.sidecar:
                self._name_policy(sender.pod, span)
        self.store.add(otlp.spans(request, sender.pod))
        if self._forwarder:
            self._forwarder.put(request)

    def _name_policy(self, pod: str, span: Any) -> None:
        """Add to the span of a refused request which object refused it, and why."""
        said = {pair.key: pair.value.string_value for pair in span.attributes}
        if said.get("direction") == INBOUND and (refusal := self._explain(pod, said)):
            _write(span, refusal)


def _spans(request: ExportTraceServiceRequest) -> Iterator[Any]:
    return (span for group in request.resource_spans for scope in group.scope_spans for span in scope.spans)


def without_policies(span: Any) -> None:
    """Remove the attributes that only the mesh may set from a span."""
    kept = [pair for pair in span.attributes if not pair.key.startswith(POLICY)]
    if len(kept) < len(span.attributes):
        del span.attributes[:]
        span.attributes.extend(kept)


def _write(span: Any, refusal: Refusal) -> None:
    found = {VERDICT: str(refusal.verdict), RULE: refusal.rule, PLACE: refusal.place}
    for key, value in found.items():
        if value:
            span.attributes.add(key=key).value.string_value = value
    span.attributes.add(key=REASONS).value.string_value = "\n".join(refusal.reasons)


def _jaeger(folder: StateFolder, environ: Mapping[str, str]) -> Jaeger | None:
    binary = find(environ)
    return jaeger(binary, folder, environ) if binary else None


async def _started(found: Jaeger) -> Child | None:
    """Start Jaeger; return None if it fails, as the mesh continues without it."""

    def ended() -> None:
        # The socket file of an earlier Jaeger would prevent this one from listening.
        if child.pid is None:
            found.socket.unlink(missing_ok=True)

    child = Child(found.program, grace=1, on_change=ended)
    try:
        await child.start()
    except CommandFailed as error:
        log.warning("Jaeger was not started: %s", error)
        return None
    return child
