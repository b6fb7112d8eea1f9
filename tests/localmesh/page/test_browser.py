"""The page in a real browser, beside a real mesh: what happens there is seen here, and at once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Literal

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it has no types
from playwright.sync_api import Browser, Page, expect

from localmesh.observe.probed import ProbedView, VerifiedView
from localmesh.views import Question

from ..commands import Commands, commands
from .browser import TIMEOUT, Complaints, chromium, executable

pytestmark = pytest.mark.envoy

Scheme = Literal["light", "dark"]
POLICIES = "mesh/policies/authorizationpolicies.yaml"
CROSSED = """() => [...document.querySelectorAll("#graph path.edge")].flatMap((path) => {
  const inside = (box, { x, y }) => x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height;
  const boxes = [...document.querySelectorAll("#graph .node")].map((node) => {
    const { e, f } = node.transform.baseVal[0].matrix;
    const { width, height } = node.firstChild.getBBox();
    return { name: node.textContent, x: e, y: f, width, height };
  });
  const length = path.getTotalLength();
  const points = Array.from({ length: 99 }, (_, number) => path.getPointAtLength((length * (number + 1)) / 100));
  const crossed = boxes.filter((box) => points.some((point) => inside(box, point)));
  return crossed.map((box) => `${path.className.baseVal} ${box.name}`);
})"""
"""Every box of the topology through which a line goes."""
SECOND = 1.0
UP_WITHIN = 90
ATTEMPTS = 20
"""A promise of a second is measured on a machine that may be busy: one of so many attempts has to keep it."""


@pytest.fixture(scope="module")
def starting() -> Iterator[tuple[Commands, Popen[str]]]:
    """Have a mesh of these tests' own start, as they change it; not without a browser, where they are skipped."""
    executable()
    with TemporaryDirectory(prefix="lm-") as folder, commands(Path(folder)) as found, found.start("up") as up:
        yield found, up


@pytest.fixture(scope="module")
def browser(starting: tuple[Commands, Popen[str]]) -> Iterator[Browser]:
    """Start the browser beside the mesh."""
    assert starting
    with TemporaryDirectory(prefix="chromium-") as folder, chromium(Path(folder)) as found:
        yield found


@pytest.fixture(scope="module")
def live(starting: tuple[Commands, Popen[str]], browser: Browser) -> Commands:
    """Return the mesh once it has started."""
    assert browser.is_connected()
    found, up = starting
    _, err = up.communicate(timeout=UP_WITHIN)
    assert up.returncode == 0, err
    return found


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab of the browser, and what pages have complained about in it."""

    page: Page
    complaints: Complaints


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Tab:
    """Open a tab for all tests that look at the page as one person after the other: a new one costs a second."""
    page = browser.new_page()
    return Tab(page, Complaints(page))


Size = tuple[int, int]


@contextmanager
def opened(tab: Tab, mesh: Commands, size: Size = (1280, 720), scheme: Scheme = "light") -> Iterator[Page]:
    """Open the page as a person does, and see at the end that it had nothing to complain about."""
    page = tab.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.emulate_media(color_scheme=scheme)
    tab.complaints.found.clear()
    try:
        page.goto(mesh.client.dashboard())
        expect(page.locator("#connection")).to_have_text("live")
        expect(page.locator("#graph .node")).not_to_have_count(0)
        yield page
        assert tab.complaints.found == []
    finally:
        page.goto("about:blank")


def rally(mesh: Commands) -> None:
    with httpx.Client(trust_env=False, timeout=TIMEOUT / 1000) as http:
        assert http.get(f"http://127.0.0.1:{mesh.port}/rally").status_code == 200


def test_the_page_opens_with_every_pod_and_keeps_no_token_in_its_address(tab: Tab, live: Commands) -> None:
    with opened(tab, live) as page:
        for name in ("ingress", "pinger-0", "ponger-0", "ponger-1"):
            expect(page.locator("#graph .node.ready .name", has_text=name)).to_be_visible()
            expect(page.locator("#pods tbody th", has_text=name)).to_be_visible()
        expect(page.locator("#pods tbody td", has_text="h left")).to_have_count(4)
        expect(page.locator("#access tbody th", has_text="unmeshed")).to_be_visible()
        assert page.url == live.client.dashboard().partition("#")[0]
        page.reload()
        expect(page.locator("#connection")).to_have_text("live")


def test_an_edge_appears_with_its_rate_when_traffic_flows(tab: Tab, live: Commands) -> None:
    with opened(tab, live) as page:
        edge = page.locator("#edges tbody tr", has_text="outside").filter(has_text="ingress")
        deadline = time.monotonic() + TIMEOUT / 1000
        while not edge.count():
            assert time.monotonic() < deadline
            rally(live)
            page.wait_for_timeout(200)
        expect(edge).to_contain_text("100 %")
        expect(page.locator("#graph .edge.live")).not_to_have_count(0)
        expect(page.locator("#graph .label", has_text="/s · 100 %")).not_to_have_count(0)


def test_a_refusal_appears_within_a_second_with_the_line_that_refused(tab: Tab, live: Commands) -> None:
    with opened(tab, live) as page:
        took = []
        for attempt in range(ATTEMPTS):
            path = f"/secret-{attempt}-<b>"
            refusal = page.locator("#refusals li", has_text=path)
            assert live.client.ask(Question("unmeshed", f"ponger{path}")).status == 403
            started = time.monotonic()
            refusal.wait_for()
            took.append(time.monotonic() - started)
            if took[-1] < SECOND:
                break
        assert min(took) < SECOND
        expect(refusal).to_contain_text("403 forbidden")
        expect(refusal).to_contain_text("unmeshed → ponger-")
        # What a stranger writes stays text.
        assert page.locator("#refusals b", has_text="secret").count() == 0
        # The file is the mesh's own copy of the manifests.
        expect(refusal).to_contain_text("httproutes.yaml:")
        refusal.locator("summary").press("Enter")
        expect(refusal.locator(".reasons")).to_contain_text("matches HTTPRoute pingpong/ponger-rest")


def test_a_trace_opens_as_the_spans_of_apps_and_sidecars(tab: Tab, live: Commands) -> None:
    with opened(tab, live) as page:
        rally(live)
        page.locator("#traces button", has_text="GET /rally").first.click()
        waterfall = page.locator("#waterfall")
        for service in ("ingress", "pinger-proxy", "pinger", "ponger-proxy", "ponger"):
            expect(waterfall.locator("summary b").get_by_text(service, exact=True).first).to_be_visible()
        waterfall.locator("summary").last.press("Enter")
        expect(waterfall.locator("dl:visible")).to_contain_text("ponger-")


def test_the_traces_wait_while_one_is_chosen_and_go_on_when_the_pointer_leaves(tab: Tab, live: Commands) -> None:
    with opened(tab, live) as page:
        first = page.locator("#traces button .time").first
        newer = page.locator("#refusals")
        first.hover()
        expect(page.locator("#traces-count")).to_have_text("paused while you point at it")
        shown = first.inner_text()
        rally(live)
        live.client.ask(Question("unmeshed", "ponger/held"))
        expect(newer).to_contain_text("/held")  # so what was sent later has arrived
        assert first.inner_text() == shown
        page.mouse.move(0, 0)
        expect(page.locator("#traces button", has_text="GET /rally").first).to_be_visible()
        expect(first).not_to_have_text(shown)


def test_an_apply_changes_the_matrix(tab: Tab, live: Commands) -> None:
    policies = live.manifests / POLICIES
    before = policies.read_text()
    with opened(tab, live) as page:
        row = page.locator("#access tbody tr", has=page.locator("th", has_text="pinger"))
        expect(row.filter(has_text="GET /ping").first).to_be_visible()
        policies.write_text(before.replace("name: ponger-offer", "name: ponger-probes"))
        try:
            live.client.apply()
            expect(page.locator("#access tbody")).not_to_contain_text("GET /ping")
            expect(page.locator("#changes li", has_text="Applied in")).to_be_visible()
        finally:
            policies.write_text(before)
            live.client.apply()
        expect(row.filter(has_text="GET /ping").first).to_be_visible()


def test_what_verify_probed_stands_beside_what_is_proved_until_an_apply(tab: Tab, live: Commands) -> None:
    pinger = ProbedView("pinger", "ponger", "http", "HTTPRoute pingpong/ponger-offer", 2, 7, ())
    stranger = replace(pinger, client="unmeshed", allowed=0, different=("GET /ping: allowed: 200",))
    policies = live.manifests / POLICIES
    before = policies.read_text()
    with opened(tab, live) as page:
        rows = page.locator("#access tbody tr")
        live.client.tell_verified(VerifiedView(time.time(), 9, 0, (pinger,)))
        expect(rows.filter(has=page.get_by_role("rowheader", name="pinger", exact=True))).to_contain_text(
            "✓ probed: 2 let through, 7 refused"
        )
        expect(page.locator("#verified.yes")).to_contain_text("all as proved")
        live.client.tell_verified(VerifiedView(time.time(), 18, 1, (pinger, stranger)))
        expect(rows.filter(has=page.get_by_role("rowheader", name="unmeshed", exact=True))).to_contain_text(
            "✗ probed: 1 other than proved: GET /ping: allowed: 200"
        )
        expect(page.locator("#verified.no")).to_contain_text("18 calls probed")
        policies.write_text(before.replace("name: ponger-offer", "name: ponger-probes"))
        try:
            live.client.apply()
            expect(page.locator("#verified")).to_contain_text("not probed")
            expect(page.locator("#access .seen", has_text="probed")).to_have_count(0)
        finally:
            policies.write_text(before)
            live.client.apply()


def test_no_line_of_the_topology_crosses_a_pod_that_it_does_not_concern(tab: Tab, live: Commands) -> None:
    for source, target in (("unmeshed", "ponger/ping"), ("unmeshed", "pinger:metrics/metrics"), ("ponger", "pinger/")):
        live.client.ask(Question(source, target))
    with opened(tab, live, size=(1440, 900)) as page:
        expect(page.locator("#graph path.edge.no")).not_to_have_count(0)
        assert page.evaluate(CROSSED) == []


def test_the_page_goes_on_when_the_mesh_was_killed_and_is_there_again(browser: Browser, live: Commands) -> None:
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(live.client.dashboard())
        expect(page.locator("#connection")).to_have_text("live")
        address = live.client.dashboard()
        live.kill("supervisor")
        expect(page.locator("#connection")).to_have_text("reconnecting")
        assert live.run("up").code == 0
        assert live.client.dashboard() == address
        expect(page.locator("#connection")).to_have_text("live")
        expect(page.locator("#notice")).to_be_hidden()
    finally:
        context.close()


def test_without_its_token_the_page_says_what_to_do_and_shows_nothing(browser: Browser, live: Commands) -> None:
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"{live.client.dashboard().partition('#')[0]}#wrong-token-wrong-token")
        expect(page.locator("#connection")).to_have_text("not allowed")
        expect(page.locator("#notice")).to_contain_text("just dashboard")
        assert page.locator("#graph .node").count() == 0
    finally:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_nothing_keeps_anybody_out_or_hangs_over_the_edge(width: int, scheme: Scheme, tab: Tab, live: Commands) -> None:
    live.client.ask(Question("unmeshed", "ponger/ping"))
    with opened(tab, live, (width, 844), scheme) as page:
        expect(page.locator("#refusals li")).not_to_have_count(0)
        expect(page.locator("#pods tbody tr")).to_have_count(4)
        violations = [
            f"{found['id']} ({found['impact']}): {found['help']}: {node['html']}"
            for found in Axe().run(page).response["violations"]
            for node in found["nodes"]
        ]
        assert violations == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_control_is_reached_by_the_keyboard(tab: Tab, live: Commands) -> None:
    live.client.ask(Question("unmeshed", "ponger/ping"))
    with opened(tab, live) as page:
        expect(page.locator("#refusals li")).not_to_have_count(0)
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        wanted = page.locator("summary:visible, button:visible").count()
        reached = set()
        for _ in range(3 * wanted + 20):
            page.keyboard.press("Tab")
            reached.add(
                page.evaluate(
                    "[...document.querySelectorAll('summary, button')].indexOf(document.activeElement)",
                )
            )
            if len(reached - {-1}) >= wanted:
                break
        assert len(reached - {-1}) >= wanted
