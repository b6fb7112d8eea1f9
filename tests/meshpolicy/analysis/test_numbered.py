"""What ports of one shape admit is found once, and is the same as if each were asked alone."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.access import Access, accesses
from meshpolicy.analysis.numbered import Numbers, numbered_offers
from meshpolicy.index.effective import effective

from ..build import ARENA, GATEWAY, account, allow, cluster, ref, route, server
from ..worlds import WORLDS, World, manifests


def listed(world: World) -> list[Access]:
    """Return all access in a world."""
    return list(accesses(cluster(*manifests(world))))


@given(st.lists(WORLDS, min_size=1, max_size=3), WORLDS)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_what_was_asked_before_changes_no_answer(before: list[World], world: World) -> None:
    """The shape of a port holds all on which the answer rests."""
    numbered_offers.cache_clear()
    alone = listed(world)
    numbered_offers.cache_clear()
    for one in before:
        listed(one)
    assert listed(world) == alone


def test_two_ports_that_differ_in_names_alone_have_one_shape() -> None:
    def shape(client: str, name: str) -> object:
        found = cluster(
            *ARENA,
            server(name),
            route({"path": {"type": "Exact", "value": "/a"}}, name="r", parent=name),
            allow(account(client), on=ref("HTTPRoute", "r", group=GATEWAY)),
            allow(on=ref("Server", name), name="all"),
        )
        workload = found.workload("arena", "ponger")
        assert workload is not None
        numbers = Numbers()
        policy = numbers.policy(replace(effective(found, workload, 8080), alternatives=()))
        assert len(numbers.grants) == len({grant.ref for grant in numbers.grants}) > 1
        return policy

    assert shape("pinger", "one") == shape("rogue", "other")
