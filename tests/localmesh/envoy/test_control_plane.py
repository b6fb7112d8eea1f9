"""One stream a sidecar, on real Envoy: what it is told, what it keeps, and that it watches nothing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from localmesh.cases.resources import CaseResources
from localmesh.envoy.endpoints import Destination, LocalEndpoint
from localmesh.envoy.kinds import Kind
from localmesh.identity.authority import Authority
from localmesh.xds.server import Discovery

from .apps import app
from .realenvoy import Sidecar, background, prepare, run, until
from .values import grant, make_pod, on, policy, route
from .world import World, url

pytestmark = pytest.mark.envoy

ONE, OTHER = Destination("one", ("one",), 80), Destination("other", ("other",), 80)


@pytest.fixture
def caller(folder: Path, authority: Authority) -> Iterator[Sidecar]:
    """Run a sidecar whose app can call one name."""
    pod = make_pod(folder, "alone", 40)
    prepare(pod)
    own = LocalEndpoint(pod.app / "http.sock")
    served = policy(8080, http_routes=(route("/", grant()),))
    with app(pod.app / "http.sock", "alone"), run(authority, pod, [on(pod, served)], {ONE: (own,)}) as found:
        yield found


def status(sidecar: Sidecar, name: str) -> int:
    with sidecar.client() as asks:
        return asks.get(f"http://{name}/").status_code


def descriptors(process: int) -> list[str]:
    return [str(path.readlink()) for path in Path(f"/proc/{process}/fd").iterdir() if path.is_symlink()]


def test_no_sidecar_watches_a_file(world: World) -> None:
    for sidecar in (world.server, world.friend, world.other, world.stranger):
        assert sidecar.process
        found = descriptors(sidecar.process.pid)
        assert found
        assert not [name for name in found if "inotify" in name]


def test_the_last_good_state_holds_without_a_supervisor_and_the_next_one_is_taken_up(caller: Sidecar) -> None:
    assert (status(caller, "one"), status(caller, "other")) == (200, 502)
    background().do(caller.discovery.stop())
    assert status(caller, "one") == 200
    told = CaseResources(caller.pod, caller.resources.own.values(), {OTHER: caller.resources.behind[ONE]})
    caller.discovery = Discovery(caller.pod.control_plane, told)
    background().do(caller.discovery.start())
    until(lambda: caller.discovery.settled, "the sidecar did not take up the stream of the next supervisor")
    assert (status(caller, "other"), status(caller, "one")) == (200, 502)


def test_a_sidecar_is_told_of_what_its_app_calls_and_of_nothing_else(world: World) -> None:
    with world.other.client() as asks:
        asks.get(url("http", "/open"))
        asks.get("http://nobody.web/")
    dump = json.loads(world.other.admin("/config_dump?resource=dynamic_active_clusters"))
    called = {found["cluster"]["name"].partition(" ")[2] for found in dump["configs"]}
    assert "server.web.svc.cluster.local:8080" in called
    assert "nobody.web" not in called
    assert len(called) < len(world.other.resources.behind)


def test_what_envoy_has_is_what_was_sent(world: World) -> None:
    """The judge of the messages: Envoy's own account of each route and cluster, by its own definitions."""
    for kind, section, inner in (
        (Kind.ROUTES, "dynamic_route_configs", "route_config"),
        (Kind.CLUSTER, "dynamic_active_clusters", "cluster"),
        (Kind.LISTENER, "dynamic_listeners", "listener"),
    ):
        dump = json.loads(world.server.admin(f"/config_dump?resource={section}"))
        entries = [found.get("active_state", found) for found in dump["configs"]]
        there = {found[inner]["name"]: plain(found[inner]) for found in entries}
        sent = {name: content.content for (found, name), content in world.server.resources.own.items() if found is kind}
        assert len(there) > 10
        for name, found in there.items():
            if name in sent:  # a cluster of what the app has called was sent on demand
                assert list(missing(found, sent[name], name)) == []


def plain(found: Any) -> Any:
    """Return Envoy's account with the wrapping of extensions taken off."""
    if isinstance(found, dict):
        if str(found.get("@type", "")).endswith("xds.type.v3.TypedStruct"):
            return {"@type": found["type_url"], **plain(found.get("value", {}))}
        return {name: plain(value) for name, value in found.items()}
    return [plain(value) for value in found] if isinstance(found, list) else found


def missing(there: Any, sent: Any, where: str) -> Iterator[str]:
    """Yield what was sent and is not there; Envoy leaves out what is as it would be without it."""
    if isinstance(sent, dict):
        for name, value in sent.items():
            if name in there:
                yield from missing(there[name], value, f"{where}.{name}")
            elif value not in UNSAID:
                yield f"{where}.{name}: {value} is lost"
    elif isinstance(sent, list):
        if len(there) != len(sent):
            yield f"{where}: {sent} became {there}"
        for number, (mine, value) in enumerate(zip(there, sent, strict=False)):
            yield from missing(mine, value, f"{where}.{number}")
    elif written(there) != written(sent):
        yield f"{where}: {sent} became {there}"


def written(value: object) -> str:
    """Return a value in one way of writing: durations have many, and long numbers are texts in JSON."""
    text = str(value)
    return f"{float(text[:-1])} s" if re.fullmatch(r"[0-9.]+s", text) else text


UNSAID: tuple[object, ...] = (
    *("", 0, False, [], {}, "0s", "ALLOW", "AUTO", "EQ", "HUNDRED", "STATIC", "MOVED_PERMANENTLY"),
    "APPEND_IF_EXISTS_OR_ADD",
)
"""The values that messages do not carry."""
