"""As whom a question is asked."""

from ipaddress import IPv4Address

import pytest

from localmesh.ask.sources import AsAccount, AsPod, AsStranger, Source, find_source
from localmesh.errors import BadInput
from meshpolicy.kinds.settings import MeshSettings

from ..build import pod

NODE = IPv4Address("127.244.0.1")
PONGERS = (pod("ponger-0", 2), pod("ponger-1", 3))
SETTINGS = MeshSettings()
PROMETHEUS = SETTINGS.identity("linkerd-viz", "prometheus")
SPIFFE = "spiffe://root.linkerd/app"
TWINS = (SETTINGS.identity("a", "twin"), SETTINGS.identity("b", "twin"))


def find(text: str) -> Source:
    return find_source(text, PONGERS, [PROMETHEUS, SPIFFE, *TWINS], SETTINGS, NODE)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("unmeshed", AsStranger(IPv4Address("127.0.0.1"))),
        ("node", AsStranger(NODE)),
        ("ponger-1", AsPod(PONGERS[1])),
        ("ponger", AsPod(PONGERS[0])),
        ("pingpong/ponger", AsPod(PONGERS[0])),
        ("prometheus", AsAccount(PROMETHEUS)),
        (PROMETHEUS, AsAccount(PROMETHEUS)),
        ("linkerd-viz/prometheus", AsAccount(PROMETHEUS)),
        (SPIFFE, AsAccount(SPIFFE)),
        ("a/twin", AsAccount(TWINS[0])),
        ("any/body", AsAccount(SETTINGS.identity("any", "body"))),
    ],
)
def test_a_source_is_a_pod_an_account_the_node_or_a_stranger(text: str, source: Source) -> None:
    assert find(text) == source


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "nobody",
            "known are ponger-0, ponger-1, prometheus, spiffe://root.linkerd/app, twin, unmeshed, node, and any",
        ),
        ("twin", "more than one ServiceAccount has this name; write a/twin or b/twin"),
        ("a/b_c", "there is no such pod, workload or ServiceAccount"),
        ("a/b*", "there is no such pod, workload or ServiceAccount"),
        ("/x", "there is no such pod, workload or ServiceAccount"),
    ],
)
def test_a_source_that_is_not_known_is_answered_with_those_that_are(text: str, complaint: str) -> None:
    with pytest.raises(BadInput) as caught:
        find(text)
    assert complaint in str(caught.value)
