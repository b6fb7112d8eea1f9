"""What a line of an access log says of a request."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localmesh.observe.entry import from_line
from localmesh.views import UNREACHABLE
from meshpolicy.decide.decision import Verdict

from .values import entry, line

DENIED = "rbac_access_denied_matched_policy[none]"
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=40), json_values.map(json.dumps)))
def test_what_is_no_line_of_a_log_is_passed_over(text: str) -> None:
    assert from_line("ponger-0", text) is None


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(json.loads(line()))), json_values)
def test_a_line_with_one_strange_field_is_read_or_passed_over(name: str, value: object) -> None:
    found = from_line("ponger-0", line(**{name: value}))
    assert found is None or found.verdict


@given(st.integers(0, 400))
def test_a_line_that_was_cut_off_is_passed_over(length: int) -> None:
    assert from_line("ponger-0", line()[:length]) is None


@pytest.mark.parametrize(
    ("fields", "verdict", "succeeded"),
    [
        ({}, Verdict.ALLOW, True),
        ({"status": 404}, Verdict.ALLOW, True),
        ({"status": 503}, Verdict.ALLOW, False),
        ({"status": 0, "flags": "DC"}, Verdict.ALLOW, False),
        ({"status": 403, "upstream": None, "details": DENIED}, Verdict.FORBIDDEN, True),
        ({"status": 404, "upstream": "", "details": "route_not_found", "flags": "NR"}, Verdict.NOT_FOUND, True),
        ({"status": 429, "upstream": "", "details": "local_rate_limited", "flags": "RL"}, Verdict.RATE_LIMITED, True),
        ({"status": 404, "upstream": "", "details": "direct_response", "route": None}, Verdict.NOT_FOUND, True),
        ({"status": 302, "upstream": "", "details": "direct_response"}, Verdict.REDIRECT, True),
        ({"status": 502, "flags": "UF"}, UNREACHABLE, False),
        ({"status": 503, "upstream": "", "flags": "UH"}, UNREACHABLE, False),
        ({"status": 400, "upstream": "", "details": "http1.codec_error"}, Verdict.PROTOCOL_ERROR, True),
        ({"status": 0, "upstream": "", "flags": "DC"}, Verdict.UNKNOWN, False),
        ({"status": 200, "upstream": "", "details": "direct_response"}, Verdict.UNKNOWN, True),
    ],
)  # fmt: skip
def test_the_verdict_is_what_the_sidecar_did(fields: dict[str, object], verdict: str, succeeded: bool) -> None:
    found = entry(**fields)
    assert (found.verdict, found.succeeded) == (verdict, succeeded)
    assert found.refused == (verdict in (Verdict.FORBIDDEN, Verdict.NOT_FOUND, Verdict.RATE_LIMITED))


def test_a_stream_has_no_request() -> None:
    fields = {"method": None, "path": None, "authority": None, "status": None}
    assert entry(**fields).request == "stream"
    assert entry(**fields).verdict == Verdict.ALLOW
    assert entry(**fields, upstream="", details=DENIED).verdict == Verdict.CLOSED
