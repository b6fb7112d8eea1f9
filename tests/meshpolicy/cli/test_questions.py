"""`list`, `check`, `blast` and `lint` as a person sees them, on the project's own manifests."""

import csv
import io
import json
import re
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from meshpolicy.cli import VERBS

from ..build import ARENA, Manifest, account, allow, exact, labels, network_policy, ref, route, server, tls
from ..command import OWN, ROOT, run, written

WORD = re.compile(r"[A-Za-z0-9]+")
LIST = """\
server           port  client                   requests               granted by
───────────────  ────  ───────────────────────  ─────────────────────  ────────────────────────────────────────────
pingpong/pinger  8080  anyone in 10.244.0.0/16  GET /live, GET /ready  AuthorizationPolicy kubelet-may-probe-pinger
                       ingress/traefik          GET /, GET /rally      AuthorizationPolicy ingress-may-ask-pinger
                 9090  linkerd-viz/prometheus   every request          AuthorizationPolicy prometheus-may-scrape
pingpong/ponger  8080  anyone in 10.244.0.0/16  GET /live, GET /ready  AuthorizationPolicy kubelet-may-probe-ponger
                       pingpong/pinger          GET /ping              AuthorizationPolicy pinger-may-ping
                 9090  linkerd-viz/prometheus   every request          AuthorizationPolicy prometheus-may-scrape
"""


def test_list_shows_who_may_call_whom() -> None:
    assert run("list", *OWN) == (0, LIST, "")


BLAST = ("blast", "ingress/traefik")


@pytest.mark.parametrize("verb", [("list",), ("list", "--denied"), ("list", "--explain"), BLAST, (*BLAST, "--explain")])
def test_tables_fit_eighty_columns_and_lose_no_word(verb: tuple[str, ...]) -> None:
    (_, narrow, _), (_, wide, _) = (run(*verb, *OWN, columns=columns) for columns in (80, 500))
    lines = [line for line in narrow.splitlines() if ".yaml:" not in line]  # a path is not broken
    assert max(map(len, lines)) <= 80
    words = Counter(WORD.findall(wide))
    assert not words - Counter(WORD.findall(narrow))


def test_list_shows_only_the_servers_and_clients_that_are_asked_for(tmp_path: Path) -> None:
    state = (*ARENA, server(), route(exact("/ping")), allow(account("pinger"), on=ref("HTTPRoute", "route")))
    file = written(tmp_path, "arena.yaml", *state)

    def shown(*choice: str) -> set[tuple[str, str]]:
        code, out, _ = run("list", file, *choice, "--output", "json")
        assert code == 0
        return {(row["client"], f"{row['server'].partition('/')[2]}:{row['port']}") for row in json.loads(out)}

    everything = shown()
    assert ("arena/pinger", "ponger:8080") in everything
    assert shown("--server", "arena/*") == everything == shown("--server", "*", "--client", "*")
    assert shown("--server", "ponger", "--client", "pinger") == {
        ("arena/pinger", "ponger:8080"),
        ("anyone", "ponger:9090"),
    }
    assert shown("--client", "rogue", "--server", "ponger") == {("anyone", "ponger:9090")}
    assert shown("--client", "pinger", "--client", "rogue") == shown("--client", "*g*r*")


@pytest.mark.parametrize("choice", [("--server", "pogner"), ("--client", "pigner")])
def test_a_misspelt_choice_is_an_error(choice: tuple[str, str]) -> None:
    code, out, err = run("list", *OWN, *choice)
    assert (code, out) == (2, "")
    assert choice[1] in err


def test_all_access_is_compared_with_what_is_accepted() -> None:
    code, _, err = run("list", *OWN, "--server", "ponger", "--accepted", __file__)
    assert (code, "--accepted compares all access" in err) == (2, True)


def test_list_shows_what_needs_no_identity() -> None:
    _, out, _ = run("list", *OWN, "--unmeshed", "--output", "json")
    assert {row["client"] for row in json.loads(out)} == {"anyone in 10.244.0.0/16"}


def test_list_shows_what_is_refused_and_by_what() -> None:
    _, out, _ = run("list", *OWN, "--denied", "--output", "json")
    found = {(row["client"], row["server"], row["port"], row["what"]) for row in json.loads(out)}
    assert ("pingpong/ponger", "pingpong/pinger", 8080, "GET /, GET /rally") in found
    assert ("pingpong/pinger", "pingpong/ponger", 8080, "GET /ping") not in found


def test_list_has_a_form_for_every_reader() -> None:
    forms = {form: run("list", *OWN, "--output", form)[1] for form in ("csv", "md", "dot", "svg", "html")}
    rows = list(csv.reader(io.StringIO(forms["csv"])))
    assert rows[0] == ["server", "port", "client", "requests", "granted by"]
    assert len(rows) == 7
    assert forms["md"].startswith("| server | port |")
    assert '"pingpong/pinger" -> "pingpong/ponger" [label=":8080 GET /ping"];' in forms["dot"]
    texts = [element.text for element in ET.fromstring(forms["svg"]).iter() if element.text]  # noqa: S314 # our own output
    assert texts.count("ponger") == 1, "a workload is one box"
    assert {"namespace pingpong", ":8080 GET /ping"} <= set(texts)
    assert forms["html"].startswith("<!doctype html>")


def test_a_probe_is_not_listed_where_everything_is_open(tmp_path: Path) -> None:
    file = tmp_path / "arena.yaml"
    file.write_text(yaml.safe_dump_all(ARENA))
    requests = [row["requests"] for row in json.loads(run("list", file, "--output", "json")[1])]
    assert set(requests) == {"anything"}
    closed = tmp_path / "closed.yaml"
    closed.write_text(yaml.safe_dump(server()))
    requests = [row["requests"] for row in json.loads(run("list", file, closed, "--output", "json")[1])]
    assert "GET /live" in requests


def test_list_explains_where_each_grant_stands() -> None:
    assert "authorizationpolicies.yaml:" in run("list", *OWN, "--explain")[1]


def test_check_says_yes_with_its_reasons() -> None:
    code, out, _ = run("check", "pinger", "ponger/ping", *OWN)
    assert code == 0
    assert out.startswith("ALLOWED: Deployment pingpong/pinger -> Deployment pingpong/ponger:8080, GET /ping\n")
    assert "- the request matches HTTPRoute pingpong/ponger-offer (" in out
    assert "httproutes.yaml:62) [R91]" in out
    assert "kubectl exec -n pingpong deployment/pinger -- curl -i http://ponger.pingpong.svc.cluster.local/ping" in out


@pytest.mark.parametrize(
    ("client", "server", "options", "head"),
    [
        ("unmeshed", "ponger/ping", (), "REFUSED (forbidden, seen as 403)"),
        ("ingress/traefik", "pinger/rally", (), "ALLOWED"),
        ("ingress/traefik", "ponger/ping", (), "REFUSED (forbidden, seen as 403)"),
        ("pinger", "ponger/ping", ("--method", "POST"), "REFUSED (forbidden, seen as 403)"),
        ("pinger", "ponger:metrics/metrics", (), "REFUSED (forbidden, seen as 403)"),
        ("10.244.0.1", "pingpong/ponger/live", ("--direct",), "ALLOWED"),
        ("pinger", "ponger", ("--protocol", "tcp"), "REFUSED (protocol error: the connection is cut)"),
        ("ponger", "ponger/ping", (), "UNKNOWN"),
    ],
)
def test_check_takes_names_accounts_addresses_and_paths(
    client: str, server: str, options: tuple[str, ...], head: str
) -> None:
    code, out, _ = run("check", client, server, *OWN, *options)
    assert out.startswith(head), out
    assert code == (0 if head == "ALLOWED" else 1)


def test_check_says_where_no_service_leads() -> None:
    noted = "note: no Service of these manifests leads to Deployment pingpong/ponger:7777"
    assert run("check", "pinger", "ponger:7777", *OWN)[2].startswith(noted)
    assert run("check", "pinger", "ponger:7777", *OWN, "--direct")[2] == ""
    assert run("check", "pinger", "ponger", *OWN)[2] == ""


def test_check_answers_programs() -> None:
    code, out, _ = run("check", "unmeshed", "ponger/ping", *OWN, "--output", "json")
    answer = json.loads(out)
    assert (code, answer["verdict"], answer["outcome"], answer["layer"]) == (1, "forbidden", "403", "Linkerd")
    assert {reason["rule"] for reason in answer["reasons"]} == {"R13", "R91", "R81"}
    assert answer["curl"] == "curl -i http://ponger.pingpong.svc.cluster.local/ping"


@pytest.mark.parametrize(
    ("client", "server", "options"),
    [
        ("ponger", "pinger/rally", ()),
        ("pinger", "ponger:metrics/metrics", ()),
        ("ingress/traefik", "ponger/ping", ()),
        ("pinger", "ponger/ping", ("--method", "POST")),
        ("pinger", "ponger/", ()),
    ],
)
def test_the_suggested_change_allows_exactly_this(
    client: str, server: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    code, out, _ = run("check", client, server, *OWN, *options, "--output", "json")
    assert code == 1
    change = tmp_path / "change.yaml"
    change.write_text(yaml.safe_dump_all(json.loads(out)["change"]["manifests"]))
    assert run("check", client, server, *OWN, str(change), *options)[0] == 0
    assert run("check", "unmeshed", server, *OWN, str(change), *options)[0] == 1
    if "metrics" not in server:  # a grant on a Server opens the port, and says so
        assert run("check", client, server.partition("/")[0] + "/other", *OWN, str(change))[0] == 1


TIED = (server("a"), server("z"), allow(account("pinger"), on=ref("Server", "z")))
KEPT_OUT = network_policy(policyTypes=["Ingress"], ingress=[{"from": [{"podSelector": labels(app="rogue")}]}])


@pytest.mark.parametrize(
    ("policies", "told", "code"),
    [
        ((server(), allow(account("pinger"))), "arena/ponger  8080  anything  arena/pinger", 1),
        (TIED, "nothing is known to open that is closed to a stranger", 1),
        (TIED, "not known whether it opens arena/ponger:8080: Server arena/a or Server arena/z governs", 1),
        ((server(), allow(account("pinger")), KEPT_OUT), "it opens nothing that is closed to a stranger", 0),
        ((server(), allow(account("pinger")), KEPT_OUT), "1 grant besides: NetworkPolicies block its workloads", 0),
        ((server(),), "it opens nothing that is closed to a stranger", 0),
    ],
)
def test_blast_never_says_nothing_opens_where_that_is_not_known(
    policies: tuple[Manifest, ...], told: str, code: int, tmp_path: Path
) -> None:
    file = written(tmp_path, "arena.yaml", *ARENA, *policies)
    found, out, _ = run("blast", "arena/pinger", file, columns=200)
    assert (found, told in out) == (code, True), out
    shown = json.loads(run("blast", "arena/pinger", file, "--output", "json")[1])
    assert [bool(shown["opens"]), bool(shown["unknown"])] == ["  anything" in out, "not known" in out]


CART: Manifest = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "cart", "namespace": "arena"},
    "spec": {
        "selector": labels(app="cart"),
        "template": {
            "metadata": {"labels": {"app": "cart"}},
            "spec": {
                "serviceAccountName": "cart",
                "containers": [{"name": "cart", "ports": [{"name": "http", "containerPort": 8080}]}],
            },
        },
    },
}


def test_a_namespace_that_is_not_in_the_input_is_told_once(tmp_path: Path) -> None:
    """One cause, which leaves open the sidecar, the default policy and opaque ports: said once by each verb."""
    file = written(tmp_path, "shop.yaml", CART, server(app="cart"))
    code, out, err = run("lint", file)
    assert (code, out.strip(), err.count("the Namespace arena is not in the input")) == (0, "no findings", 1)
    out = " ".join(run("list", file)[1].split())
    assert out.count("unknown: the Namespace arena is not in the input") == out.count("unknown") == 1
    _, out, _ = run("blast", "arena/cart", file)
    assert "arena/cart is held by: Deployment arena/cart, if it has a sidecar\n" in out
    assert json.loads(run("blast", "arena/cart", file, "--output", "json")[1])["held_by"] == []


def test_a_drawing_says_what_is_not_known(tmp_path: Path) -> None:
    file = written(tmp_path, "arena.yaml", *ARENA, *TIED)
    for form in ("dot", "svg", "html"):
        assert "(unknown)" in " ".join(run("list", file, "--output", form)[1].split()), form
    assert "unknown" not in run("list", *OWN, "--output", "dot")[1]


def test_blast_says_what_an_account_opens() -> None:
    code, out, _ = run("blast", "pingpong/pinger", *OWN)
    assert code == 1
    assert out.splitlines()[0] == "pingpong/pinger is held by: Deployment pingpong/pinger"
    assert out.splitlines()[1] == "whoever may start pods in pingpong can take it as well"
    assert "GET /ping" in out
    assert "authorizationpolicies.yaml:" in run("blast", "pingpong/pinger", *OWN, "--explain")[1]
    assert run("blast", "pingpong/nobody", *OWN)[0] == 2
    assert run("blast", "pingpong/ponger", *OWN)[0] == 0
    assert json.loads(run("blast", "linkerd-viz/prometheus", *OWN, "--output", "json")[1])["held_by"] == []


@pytest.mark.parametrize(
    ("granted", "account", "code"),
    [
        ("*", "shop/anyone", 2),
        ("*.shop.serviceaccount.identity.linkerd.cluster.local", "shop/anyone", 1),
        ("*.shop.serviceaccount.identity.linkerd.cluster.local", "other/anyone", 2),
        ("till.shop.serviceaccount.identity.linkerd.cluster.local", "shop/till", 1),
    ],
)
def test_blast_knows_an_account_by_what_is_granted_to_it(granted: str, account: str, code: int, tmp_path: Path) -> None:
    policy = allow(ref("MeshTLSAuthentication", "tls"))
    file = written(tmp_path, "arena.yaml", *ARENA, server(), tls(granted), policy)
    assert run("blast", account, file)[0] == code


@pytest.mark.parametrize(
    ("verb", "expected"),
    [(["list"], 0), (["lint"], 0), (["accept", "accepted.yaml", "--owner", "o", "--reason", "r"], 1)],
)
def test_sources_without_a_workload_are_not_passed_over_in_silence(
    verb: list[str], expected: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path, "map.yaml", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}})
    code, _, told = run(*verb, file)
    assert (code, told.splitlines()[0]) == (expected, "note: no workload was read: no Pod, and nothing that makes Pods")
    assert not (tmp_path / "accepted.yaml").exists()
    assert "no workload" not in run(*verb, *OWN)[2]


@pytest.mark.parametrize(
    ("manifests", "arguments", "expected"),
    [
        ((), (), ["anyone, every request (granted by default policy all-unauthenticated)"]),
        ((), ("--default-policy", "deny"), []),
        ((server("admin", 4191),), (), []),
        ((network_policy(policyTypes=["Ingress"]),), ("--default-policy", "audit"), []),
    ],
)
def test_what_is_granted_on_the_proxys_own_port_is_told_though_no_server_names_it(
    manifests: tuple[Manifest, ...], arguments: tuple[str, ...], expected: list[str], tmp_path: Path
) -> None:
    """R103: it always listens. `accept` tells of it, too; GET /live and GET /ready are granted in every mesh."""
    file = written(tmp_path, "arena.yaml", *ARENA, *manifests)
    start = "note: left out is port 4191 of arena/ponger, the proxy's own, which no Server names: "
    told = [line for line in run("list", file, "--server", "arena/ponger", *arguments)[2].splitlines() if start in line]
    assert told == [start + one for one in expected]
    agreed: list[str | Path] = ["accept", tmp_path / "accepted.yaml", file, "--owner", "o", "--reason", "r", *arguments]
    assert any("left out is port 4191" in line for line in run(*agreed)[2].splitlines()) is ("deny" not in arguments)


@pytest.mark.parametrize("verb", [["list"], ["list", "--denied"]])
def test_list_does_not_say_that_nothing_is_granted_where_no_workload_was_read(verb: list[str], tmp_path: Path) -> None:
    file = written(tmp_path, "map.yaml", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}})
    assert run(*verb, file)[:2] == (0, "nothing to list: no workload was read\n")


def test_lint_is_silent_on_the_projects_manifests() -> None:
    assert run("lint", "--exclude", "cni", ROOT / "k8s/base", ROOT / "mesh")[:2] == (0, "no findings\n")


def test_lint_reports_to_people_and_machines(tmp_path: Path) -> None:
    file = tmp_path / "server.yaml"
    file.write_text(
        "apiVersion: policy.linkerd.io/v1alpha1\nkind: AuthorizationPolicy\nmetadata: {name: all, namespace: shop}\n"
        "spec: {targetRef: {group: policy.linkerd.io, kind: Server, name: s}, requiredAuthenticationRefs: []}\n"
    )
    code, out, _ = run("lint", file, "--explain")
    assert code == 1
    assert out.startswith(f"{file}:1: MP009 warning: AuthorizationPolicy shop/all: requires nothing: ")
    assert "fix: Name a MeshTLSAuthentication" in out
    assert [found["code"] for found in json.loads(run("lint", file, "--closed-world", "--output", "json")[1])] == [
        "MP009",
        "MP011",
    ]
    sarif = json.loads(run("lint", file, "--closed-world", "--output", "sarif")[1])
    results = sarif["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["MP009", "MP011"]
    assert results[0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    junit = ET.fromstring(run("lint", file, "--closed-world", "--output", "junit")[1])  # noqa: S314 # our own output
    assert (junit.get("failures"), junit.get("skipped")) == ("2", "0")
    assert run("lint", file, "--ignore", "MP009", "--ignore", "MP011")[0] == 0


@pytest.mark.parametrize("form", ["text", "csv", "md", "svg", "html", "dot"])
def test_hidden_characters_of_a_manifest_are_shown(form: str, tmp_path: Path) -> None:
    """What a manifest holds may neither move a terminal's cursor nor turn a line round, nor break XML."""
    file = tmp_path / "arena.yaml"
    matched = exact("/a", queryParams=[{"name": "q", "value": "\x1b[2K\u202e"}])
    policy = allow(account("pinger"), on=ref("HTTPRoute", "route"))
    file.write_text(yaml.safe_dump_all([*ARENA, server(), route(matched), policy]))
    out = run("list", file, "--output", form)[1]
    assert "\\u001b[2K" in out
    assert "\\u202e" in out
    assert not any(character in out for character in "\x1b\u202e")
    if form == "svg":
        ET.fromstring(out)  # noqa: S314 # our own output


def test_notes_fail_no_run_in_any_form(tmp_path: Path) -> None:
    file = tmp_path / "arena.yaml"
    file.write_text(yaml.safe_dump_all(ARENA))
    code, out, _ = run("lint", file, "--notes", "--output", "junit")
    junit = ET.fromstring(out)  # noqa: S314 # our own output
    assert (code, junit.get("failures"), junit.get("skipped")) == (0, "0", "2")
    levels = {
        r["level"] for r in json.loads(run("lint", file, "--notes", "--output", "sarif")[1])["runs"][0]["results"]
    }
    assert levels == {"note"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str) -> None:
    code, out, _ = run(verb, "--help")
    assert code == 0
    assert f"meshpolicy {verb}" in out or f"main {verb}" in out


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_can_complete(shell: str) -> None:
    assert "_MESHPOLICY_COMPLETE" in run("completion", shell)[1]


def test_an_account_that_is_nearly_one_is_told_and_no_error(tmp_path: Path) -> None:
    """It may be outside of the input; but then a sentence is false for a reason that nobody sees."""
    file = written(tmp_path, "arena.yaml", *ARENA, server(), allow(account("pinger")))
    code, _, err = run("prove", "only arena/pigner may GET /x on arena/ponger:http", file)
    assert (code, "note: no workload here runs as arena/pigner; did you mean arena/pinger" in err) == (1, True)
    assert "note" not in run("prove", "only ingress/traefik may GET /x on arena/ponger:http", file)[2]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (("pinger", "ponger/x", "--protocol", "grpc"), "seen as PERMISSION_DENIED (7)"),
        (("unmeshed", "ponger/x"), "see it yourself, in a pod without a sidecar:\n  curl"),
        (("10.0.0.7", "ponger/x"), "see it yourself from 10.0.0.7:\n  curl"),
        (("rogue", "ponger/x"), "see it yourself:\n  kubectl exec"),
    ],
)
def test_check_says_what_is_seen_and_where(call: tuple[str, ...], told: str, tmp_path: Path) -> None:
    assert told in run("check", *call, written(tmp_path, "arena.yaml", *ARENA, server()))[1]
