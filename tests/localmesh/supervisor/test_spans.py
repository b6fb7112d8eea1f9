"""What policies did is the mesh's to say: no span of an app says it, whatever the app writes."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from localmesh.control.refusals import Refusal
from localmesh.pods.spans import SpanSender
from localmesh.state import StateFolder
from localmesh.supervisor.spans import Spans
from localmesh.traces.span import POLICY, RULE, VERDICT
from meshpolicy.decide.decision import Verdict

from ..traces.test_otlp import one_span

REFUSAL = Refusal(Verdict.FORBIDDEN, "Server pingpong/ponger-http", "servers.yaml:1", ("why",))
NAMES = st.sampled_from([VERDICT, RULE, "policy.x", "policy", "policyx", "direction", "http.method", "x"])


def taken(sender: SpanSender, attributes: list[tuple[str, str]]) -> dict[str, object]:
    """Return the attributes that are kept of a span that somebody sends."""
    request = one_span()
    (span,) = request.resource_spans[0].scope_spans[0].spans
    del span.attributes[:]
    span.attributes.extend(KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in attributes)
    spans = Spans(StateFolder(Path("/s")), {}, lambda *_: REFUSAL)
    spans.take(sender, request)
    (trace,) = spans.store.latest()
    return dict(trace.spans[0].attributes)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, st.sampled_from(["inbound", "allow", ""])), max_size=6))
def test_an_app_says_nothing_of_policies_and_all_else_is_kept(attributes: list[tuple[str, str]]) -> None:
    kept = taken(SpanSender("ponger-0", sidecar=False), attributes)
    assert kept == {name: value for name, value in attributes if not name.startswith(POLICY)}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NAMES, st.sampled_from(["inbound", "allow", ""])), max_size=6))
def test_of_a_sidecar_the_mesh_itself_says_what_policies_did(attributes: list[tuple[str, str]]) -> None:
    kept = taken(SpanSender("ponger-0", sidecar=True), attributes)
    refused = dict(attributes).get("direction") == "inbound"
    assert (kept.get(VERDICT), kept.get(RULE)) == (("forbidden", REFUSAL.rule) if refused else (None, None))
    assert "policy.x" not in kept
