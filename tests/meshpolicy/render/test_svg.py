"""The drawing of who may call whom: nothing covers anything else, nothing is cut, and each colour can be read."""

import re
from itertools import combinations, product
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.clients import ClientTerm
from meshpolicy.analysis.regions import ALL_REQUESTS
from meshpolicy.core.axis import Part
from meshpolicy.core.match import IdentityMatch
from meshpolicy.core.ref import Ref
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.kinds.workload import Workload
from meshpolicy.render.svg import STYLE, svg

SVG = "{http://www.w3.org/2000/svg}"
NODES = [(space, f"{space}-{name}") for space in ("shop", "pay") for name in ("a", "bb", "long-name", "d")]
WORKLOADS = tuple(
    Workload(Ref("apps", "Deployment", space, name), service_account=name, meshed=True) for space, name in NODES
)
CLUSTER = Cluster(workloads=WORKLOADS)
EDGES = st.lists(
    st.tuples(st.sampled_from(NODES), st.sampled_from(NODES), st.sampled_from((80, 8080))), min_size=1, max_size=14
)
Box = tuple[float, float, float, float]
"""Left, top, right, bottom."""


def _access(client: tuple[str, str], server: tuple[str, str], port: int) -> Access:
    identity = IdentityMatch(MeshSettings().identity(*client))
    clients = (ClientTerm(Part((identity,))),)
    return Access(Ref("apps", "Deployment", *server), port, clients, (ALL_REQUESTS,), Ref("", "Policy", "", "p"))


def _boxes(drawing: ET.Element) -> list[Box]:
    found = [one for one in drawing.iter(f"{SVG}rect") if one.get("class", "").startswith("box")]
    places = [[float(one.get(name, "")) for name in ("x", "y", "width", "height")] for one in found]
    return [(x, y, x + width, y + height) for x, y, width, height in places]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(EDGES)
def test_no_box_covers_another_and_no_straight_arrow_crosses_one(
    edges: list[tuple[tuple[str, str], tuple[str, str], int]],
) -> None:
    drawing = ET.fromstring(svg(CLUSTER, [_access(*edge) for edge in edges]))  # noqa: S314 # our own output
    boxes, width, height = _boxes(drawing), float(drawing.get("width", "")), float(drawing.get("height", ""))
    assert len(boxes) == len({node for client, server, _ in edges for node in (client, server)})
    for one, other in combinations(boxes, 2):
        assert one[2] < other[0] or other[2] < one[0] or one[3] < other[1] or other[3] < one[1]
    assert all(x1 >= 0 and y1 >= 0 and x2 <= width and y2 <= height for x1, y1, x2, y2 in boxes)
    ways = [one.get("d", "") for one in drawing.iter(f"{SVG}path") if one.get("class") == "way"]
    assert len(ways) == len({(client, server) for client, server, _ in edges})
    for way, box in product(ways, boxes):
        begin, level, end = map(float, re.search(r" (\d+) (\d+) L(\d+)", way).groups())  # type: ignore[union-attr]
        assert not (begin < box[2] and box[0] < end and box[1] < level < box[3])
    said = " ".join(text.text or "" for text in drawing.iter(f"{SVG}text"))
    assert all(name in said for edge in edges for _, name in edge[:2])


def test_the_drawing_says_for_screen_readers_what_it_shows() -> None:
    drawing = ET.fromstring(svg(CLUSTER, [_access(NODES[0], NODES[1], 80)]))  # noqa: S314 # our own output
    assert drawing.get("role") == "img"
    named = {one.get("id"): one.text for one in drawing if one.get("id")}
    assert named["access-title"] == "Who may call whom"
    assert named["access-said"] == "1 call and 1 namespace. shop/shop-a may call shop/shop-bb: :80 every request."
    assert drawing.get("aria-labelledby") == "access-title access-said"


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["text", "dim", "open", "known"])
@pytest.mark.parametrize("ground", ["back", "band"])
def test_every_text_can_be_read(scheme: int, ink: str, ground: str) -> None:
    """WCAG 2.2, success criterion 1.4.3: a contrast of 4.5."""
    values = re.findall(r"--(\w+):#([0-9a-f]+)", STYLE)
    colours = dict(values[: len(values) // 2] if scheme == 0 else values[len(values) // 2 :])
    bright, dark = sorted((_luminance(colours[ink]), _luminance(colours[ground])), reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 4.5


def _luminance(colour: str) -> float:
    whole = "".join(letter * 2 for letter in colour) if len(colour) == 3 else colour
    parts = (int(whole[at : at + 2], 16) / 255 for at in (0, 2, 4))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
