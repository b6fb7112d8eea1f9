"""No port is closed without a word that somebody may need: by what is declared, or by what no traffic would show."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from meshpolicy.api.generate import ask_generate
from meshpolicy.core.errors import Place
from meshpolicy.core.truth import Truth
from meshpolicy.decide.transport import hint
from meshpolicy.generate.aside import Why
from meshpolicy.generate.choice import Choices
from meshpolicy.generate.generate import Generated, Wishes
from meshpolicy.generate.needed import SOURCE
from meshpolicy.index.defaults import probe_paths
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.manifests import Manifests
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.ready.held import hold
from meshpolicy.ready.manifest import Written
from meshpolicy.ready.need import NeedKind
from meshpolicy.ready.needs import find_needs
from meshpolicy.ready.standing import Standing
from meshpolicy.traffic.call import Called, Caller, CallerKind, ObservedCall, Outcome, Side, Transport

from ..build import Manifest, documents
from ..command import run, written
from .test_plan import app, space

NAMES = ("api", "db", "web")
HTTP_PORT, RAW_PORT, OPAQUE_PORT = 8080, 7070, 5432
PORTS = (HTTP_PORT, RAW_PORT, OPAQUE_PORT)
"""One that is named `http`, one of which nothing is said, and one that is opaque."""
SCHEMES = ("http://{}:80/x", "postgres://u:p@{}:82/x", "{}:81", "{}:80", "tcp://{}:81")


@dataclass(frozen=True)
class World:
    """A shop: who has a sidecar, who declares what, and what was seen."""

    meshed: frozenset[str]
    declared: tuple[tuple[str, str, str], ...]
    """Caller, called, and the text of the address."""
    ingress: str
    seen: tuple[tuple[str, str, int, bool], ...]
    """Caller (empty: unmeshed), called, port, whether it was HTTP."""
    from_series: bool


WORLDS = st.builds(
    World,
    st.frozensets(st.sampled_from(NAMES), min_size=1),
    st.lists(
        st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES), st.sampled_from(SCHEMES)), max_size=3, unique=True
    ).map(tuple),
    st.sampled_from(("", "web", "db")),
    st.lists(
        st.tuples(st.sampled_from(("", *NAMES)), st.sampled_from(NAMES), st.sampled_from(PORTS), st.booleans()),
        min_size=1,
        max_size=4,
    ).map(tuple),
    st.booleans(),
)


def identity(name: str) -> str:
    """Return the name in the certificate of an app."""
    return f"{name}.shop.serviceaccount.identity.linkerd.cluster.local"


def observed(caller: str, called: str, port: int, *, http: bool = True, series: bool = False) -> ObservedCall:
    """Return five calls of one kind."""
    source = "inbound_tcp_authz_allow_total" if series and not http else "access log"
    return ObservedCall(
        source, Place("log", 1, line=1), Side.SERVER,
        Caller(CallerKind.IDENTITY if caller else CallerKind.UNMESHED, identity(caller) if caller else "", "10.0.0.7"),
        Called("shop", workload=called, port=port), Transport.MTLS if caller else Transport.PLAIN, Outcome.ALLOWED,
        http, "GET" if http else None, f"{called}.shop" if http else None, "/x" if http else None,
        None, 200 if http else None, 5,
    )  # fmt: skip


def manifests(world: World) -> list[Manifest]:
    """Return what such a shop holds."""
    found: list[Manifest] = [space("shop")]
    for name in NAMES:
        annotations = {"config.linkerd.io/opaque-ports": str(OPAQUE_PORT)}
        if name not in world.meshed:
            annotations["linkerd.io/inject"] = "disabled"
        deployment, service = app(name, *PORTS, annotations=annotations)
        container: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
        for port in container["ports"]:
            if port["containerPort"] != HTTP_PORT:
                del port["name"]
        own = [(called, text) for caller, called, text in world.declared if caller == name]
        container["env"] = [
            {"name": f"TARGET_{number}_URL", "value": text.format(called)} for number, (called, text) in enumerate(own)
        ]
        found += [deployment, service]
    if world.ingress:
        backend = {"service": {"name": world.ingress, "port": {"number": 80}}}
        rules = [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
        found.append(
            {
                "apiVersion": "networking.k8s.io/v1",
                "kind": "Ingress",
                "metadata": {"name": "in", "namespace": "shop"},
                "spec": {"rules": rules},
            }
        )
    return found


def reading(*found: Manifest) -> Manifests:
    """Return manifests as they are read."""
    return parse_documents(documents(*found), MeshSettings())


def calls(world: World) -> list[ObservedCall]:
    """Return what was seen."""
    return [
        observed(who, server, port, http=http and port != OPAQUE_PORT, series=world.from_series)
        for who, server, port, http in world.seen
        if not who or who in world.meshed
    ]


def generated(read: Manifests, some: list[ObservedCall], choices: Choices | None = None) -> Generated:
    """Return what is generated."""
    return ask_generate(read.cluster, read.documents, some, Wishes(choices or Choices(), namespaces=("shop",)))


BOUNDED = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(WORLDS)
@BOUNDED
def test_no_declared_need_is_refused_without_being_left_to_decide(world: World) -> None:
    """The judge holds each need, as `ready` does, against the manifests with the generated objects read anew."""
    found = generated(reading(*manifests(world)), calls(world))
    after = reading(*manifests(world), *(dict(one.manifest) for one in found.made))
    needs, _ = find_needs(after.cluster, Written(after.documents), {"shop"})
    ours = {(one.ref, spot.port): spot for spot in found.plan.spots for one in spot.workloads}
    told = {(one.said.server, one.place.line) for one in found.plan.aside if one.open}
    refused = [
        need
        for need in needs
        if (need.server.ref, need.port) in ours
        and need.kind is not NeedKind.PROBE
        and hold(after.cluster, need).standing is Standing.MISSING
    ]
    servers = {server for server, _ in told}
    assert {ours[need.server.ref, need.port].name for need in refused} <= servers
    assert not (refused and found.settled)


@given(WORLDS)
@BOUNDED
def test_no_port_that_may_carry_other_than_http_is_closed_where_the_traffic_would_not_show_it(world: World) -> None:
    some = calls(world)
    found = generated(reading(*manifests(world)), some)
    connections = [call for call in some if not call.http]
    for one in found.closed:
        name = one.spot.workloads[0].ref.name
        http = any(call.http and (call.server.workload, call.server.port) == (name, one.spot.port) for call in some)
        shown = any(world.from_series or call.server.workload == name for call in connections)
        if one.spot.port != HTTP_PORT and not http and not shown:
            assert not one.decided
            assert not found.settled


@given(WORLDS)
@BOUNDED
def test_what_is_accepted_of_what_is_declared_is_granted_and_what_is_forbidden_is_closed_on_purpose(
    world: World,
) -> None:
    read, some = reading(*manifests(world)), calls(world)
    first = generated(read, some)
    declared = [str(one.said) for one in first.plan.aside if one.why is Why.DECLARED]
    others = [str(one.said) for one in first.plan.aside if one.open and one.why is not Why.DECLARED]
    general = [f"* may {grant.pattern.text if grant.pattern else 'any request'}" for grant in first.plan.grants]
    found = generated(read, some, Choices.of(accept=[*declared, *general], forbid=others))
    assert [one for one in found.plan.aside if one.why is Why.DECLARED] == []
    assert found.proved.proofs.hold
    assert {call.source for grant in found.plan.grants if grant.declared for call in grant.calls} <= {SOURCE}
    shut = generated(read, some, Choices.of(accept=general, forbid=[*declared, *others]))
    assert all(one.decided for one in shut.closed)


STORE = World(frozenset(NAMES), (("api", "db", "postgres://u:p@{}:82/x"),), "web", (("web", "api", 8080, True),), False)
FORBID_REST = (
    "--forbid", "the ingress controller may *", "--forbid", "anybody may connect",
)  # fmt: skip
NEED = "shop/api may connect on shop/db:5432"
LINE = (
    '[pod/api-6c8f7d9b5-m4npr/linkerd-proxy] {"client.addr":"10.42.0.12:51160","client.id":"%s","host":"%s",'
    '"method":"GET","processing_ns":"1","request_bytes":"","response_bytes":"1","status":200,'
    '"timestamp":"2026-08-23T20:28:20.071809492Z","total_ns":"2","trace_id":"","uri":"http://api.shop:80/x",'
    '"user_agent":"x","version":"HTTP/1.1"}\n'
)
SERIES = (
    'inbound_tcp_authz_allow_total{target_port="5432",tls="true",client_id="%s",namespace="shop",'
    'pod="db-6c8f7d9b5-m4npr",deployment="db"} 9\n'
)


def asked(folder: Path, *words: str, series: str = "") -> tuple[int, str]:
    """Return the exit code and the answer of the verb, on an access log and perhaps on series."""
    (folder / "access.log").write_text(LINE % (identity("web"), "api.shop:80") * 3)
    (folder / "tcp.prom").write_text(series or "# nothing\n")
    traffic = ["--traffic", str(folder / "access.log"), *(["--traffic", str(folder / "tcp.prom")] if series else [])]
    code, out, err = run("generate", written(folder, "shop.yaml", *manifests(STORE)), *traffic, *words)
    assert code < 2, err
    return code, " ".join(out.split())


def test_a_database_that_an_access_log_cannot_show_is_left_to_decide(tmp_path: Path) -> None:
    code, out = asked(tmp_path, *FORBID_REST)
    assert code == 1
    assert f"choose: --accept | --forbid '{NEED}'" in out
    assert "shop/db:5432: nobody was seen to call it; shop/api needs it" in out
    assert "TARGET_0_URL declares it; give Prometheus' tcp series or a tap, which show connections, or decide" in out


@pytest.mark.parametrize(
    ("choice", "says"),
    [
        ("--accept", "shop/api may call shop/db:5432 from TARGET_0_URL, "),
        ("--forbid", "shop/db:5432: nobody was seen to call it; forbidden by you"),
    ],
)
def test_a_declared_need_is_settled_by_accepting_or_forbidding_it(tmp_path: Path, choice: str, says: str) -> None:
    code, out = asked(tmp_path, *FORBID_REST, choice, NEED)
    assert (code, says in out) == (0, True), out
    out_dir = tmp_path / "policies"
    asked(tmp_path, *FORBID_REST, choice, NEED, "-o", str(out_dir))
    words = ("check", "shop/api", "shop/db:5432", "--protocol", "tcp", tmp_path / "shop.yaml", out_dir)
    assert run(*words)[0] == (0 if choice == "--accept" else 1)


def test_series_that_show_connections_grant_the_database_and_the_same_words_accept_it(tmp_path: Path) -> None:
    code, out = asked(
        tmp_path, "--forbid", "the ingress controller may *", "--accept", NEED, series=SERIES % identity("api")
    )
    assert (code, "anybody may connect" in out) == (0, False), out


def test_a_port_to_which_an_ingress_leads_says_that_the_callers_may_be_its_controller() -> None:
    some = [replace(observed("", "web", HTTP_PORT), count=8)]
    found = generated(reading(*manifests(STORE)), some)
    told = {one.why: one.hint for one in found.plan.aside if one.said.server == "shop/web:8080"}
    assert set(told) == {Why.UNMESHED, Why.OUTSIDE}
    assert all("this may be your ingress controller: mesh it and give its traffic" in hint for hint in told.values())
    [shut] = [one for one in found.closed if one.spot.name == "shop/web:8080"]
    assert shut.comment == (
        "shop/web:8080 is closed, which is left to decide: no call that was seen is granted "
        "(unmeshed caller, 8 calls); the ingress controller needs it."
    )


def test_a_port_that_is_probed_by_http_and_called_by_nobody_is_closed_at_once() -> None:
    read = reading(space("shop"), *app("web", 8080), *app("api", 8080, probe="/live"))
    server = read.cluster.workload("shop", "web")
    assert server is not None
    assert (hint(read.cluster, server, 8080), probe_paths(server, 8080)) == (Truth.NO, ())
    found = generated(read, [observed("web", "api", 8080)])
    assert ([one.comment for one in found.closed], found.settled) == (
        ["shop/web:8080 is closed on purpose: nobody was seen to call it."], True,
    )  # fmt: skip
