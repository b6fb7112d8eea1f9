"""What happened, in the words of what should happen."""

import pytest

from localmesh.ask import client, verdict
from localmesh.sending import Observed
from localmesh.sources import HERE, AsAccount, AsPod, AsStranger
from meshpolicy.client import Arrival
from meshpolicy.decide import Decision, Verdict

from .build import pod


@pytest.mark.parametrize(
    ("status", "by_proxy", "predicted", "found"),
    [
        (200, False, Verdict.ALLOW, "allow"),
        (403, False, Verdict.FORBIDDEN, "allow"),
        (404, False, Verdict.ALLOW, "allow"),
        (403, True, Verdict.FORBIDDEN, "forbidden"),
        (403, True, Verdict.ALLOW, "forbidden"),
        (404, True, Verdict.NOT_FOUND, "not found"),
        (429, True, Verdict.ALLOW, "rate limited"),
        (431, True, Verdict.FORBIDDEN, "protocol error"),
        (302, True, Verdict.REDIRECT, "redirect"),
        (204, True, Verdict.ALLOW, "allow"),
        (None, True, Verdict.CLOSED, "closed"),
        (None, True, Verdict.FORBIDDEN, "closed"),
        (502, True, Verdict.CLOSED, "closed"),
        (502, True, Verdict.PROTOCOL_ERROR, "protocol error"),
        (400, True, Verdict.CLOSED, "closed"),
        (502, True, Verdict.ALLOW, "unreachable"),
        (503, True, Verdict.FORBIDDEN, "closed"),
    ],
)
def test_a_verdict_is_read_from_who_answered_what(
    status: int | None, by_proxy: bool, predicted: Verdict, found: str
) -> None:
    assert verdict(Observed(status, "", 0.001, by_proxy), Decision(predicted)) == found


PINGER = pod("pinger-0", 4)


@pytest.mark.parametrize(
    ("source", "opaque", "arrival", "address", "identity"),
    [
        (AsPod(PINGER), False, Arrival.MESHED_HTTP, "10.244.0.4", PINGER.identity),
        (AsPod(PINGER), True, Arrival.MESHED_OPAQUE, "10.244.0.4", PINGER.identity),
        (AsPod(pod("curl-0", 5, meshed=False, identity="")), True, Arrival.PLAIN, "10.244.0.5", ""),
        (AsAccount("a.b"), False, Arrival.MESHED_HTTP, "10.0.0.1", "a.b"),
        (AsStranger(HERE), False, Arrival.PLAIN, "10.0.0.1", ""),
    ],
)
def test_a_source_is_seen_by_the_other_side_as_what_it_proves(
    source: AsPod | AsAccount | AsStranger, opaque: bool, arrival: Arrival, address: str, identity: str
) -> None:
    found = client(source, opaque=opaque)
    assert (found.arrival, str(found.address), found.identity) == (arrival, address, identity)
