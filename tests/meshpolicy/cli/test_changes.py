"""`diff`, `test`, `mutate` and `--context`: what changes, and what is agreed."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

from ...onpath import only, real_tools, stand_in
from ..build import ARENA, SPIFFE, Manifest, account, allow, network, network_policy, ref, server, tls
from ..command import ROOT, run, written

PINGER = account("pinger")
BY_TLS, BY_NET = ref("MeshTLSAuthentication", "tls"), ref("NetworkAuthentication", "net")


def test_diff_shows_what_opens_what_closes_and_what_changes_its_reason(tmp_path: Path) -> None:
    old = written(tmp_path, "old.yaml", *ARENA, server(), allow(PINGER, name="a"))
    new = written(tmp_path, "new.yaml", *ARENA, server(), allow(PINGER, name="b"), allow(account("rogue"), name="c"))
    code, out, _ = run("diff", old, new)
    assert code == 1
    assert out == (
        "opened: 1\n"
        "  + arena/rogue -> arena/ponger:8080  connections, every request but GET /live\n"
        "regranted (allowed before and after, by other grants): 1\n"
        "  ~ arena/pinger -> arena/ponger:8080  connections, every request but GET /live"
        "  (AuthorizationPolicy arena/a -> AuthorizationPolicy arena/b)\n"
    )
    assert run("diff", new, old)[1].startswith("closed: 1\n  - arena/rogue")
    assert run("diff", old, old) == (0, "no request changes\n", "")
    table = run("diff", old, new, "--output", "md")[1]
    assert table.startswith("Requests opened: 1, regranted: 1.\n\n| change | client |")
    assert [c["change"] for c in json.loads(run("diff", old, new, "--output", "json")[1])] == ["opened", "regranted"]


def _granted(parts: tuple[Manifest, ...] | None) -> list[Manifest]:
    if parts is None:
        return []
    objects = [part for part in parts if "metadata" in part]
    return [*objects, server(), allow(*(part for part in parts if "metadata" not in part))]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, (PINGER,), ["closed anyone (not arena/pinger)", "regranted arena/pinger"]),
        ((PINGER,), None, ["opened anyone (not arena/pinger)", "regranted arena/pinger"]),
        ((tls("*"), BY_TLS), (PINGER,), ["closed any meshed client (not arena/pinger)"]),
        ((network("10.0.0.0/8"), BY_NET), (), ["opened anyone outside of 10.0.0.0/8"]),
        ((tls(SPIFFE), BY_TLS), (tls("*"), BY_TLS), [f"closed {SPIFFE}", "opened any meshed client"]),
        ((PINGER,), (account("rogue"),), ["closed arena/pinger", "opened arena/rogue"]),
    ],
)
def test_what_a_wider_access_grants_is_neither_opened_nor_closed(
    before: tuple[Manifest, ...] | None, after: tuple[Manifest, ...] | None, expected: list[str], tmp_path: Path
) -> None:
    """Each side is a Server with a policy of these authentications and references; None: no Server at all."""
    old, new = (
        written(tmp_path, name, *ARENA, *_granted(parts)) for name, parts in (("old.yaml", before), ("new.yaml", after))
    )
    changes = json.loads(run("diff", old, new, "--output", "json")[1])
    found = {f"{c['change']} {c['client']}" for c in changes if c["port"] == 8080 and "connections" in c["requests"]}
    assert sorted(found) == expected


def git(*arguments: str) -> None:
    """Run the git of the path, as somebody."""
    author = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    subprocess.run(["git", *author, *arguments], check=True)  # noqa: S607 # the git of the path


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Enter a git repository whose only revision holds the arena and a Server in all.yaml; git is on the PATH."""
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "all.yaml", *ARENA, server())
    with real_tools("git"):
        git("init", "--quiet")
        git("add", ".")
        git("commit", "--quiet", "--message", "closed")
        yield tmp_path


def test_diff_reads_git_revisions(closed: Path) -> None:
    written(closed, "all.yaml", *ARENA, server(), allow(PINGER))
    code, out, _ = run("diff", "HEAD", ".")
    assert (code, out.splitlines()[0]) == (1, "opened: 1")
    assert run("diff", "HEAD", "HEAD", "all.yaml") == (0, "no request changes\n", "")
    assert run("diff", "HEAD", "nothing")[0] == 2


@pytest.mark.parametrize(
    "states", [("HEAD", "HEAD"), ("HEAD", "."), (".", "HEAD"), (".", "."), ("all.yaml", "all.yaml")]
)
def test_diff_refuses_a_path_that_neither_state_holds(states: tuple[str, str], closed: Path) -> None:
    written(closed, "all.yaml", *ARENA, server(), allow(PINGER))
    code, out, told = run("diff", *states, "--paths", "al.yaml", "policys")
    assert (code, out) == (2, "")
    assert f"neither {states[0]} nor {states[1]} holds al.yaml or policys" in told


def test_diff_leaves_hidden_folders_out_of_both_states(closed: Path) -> None:
    (closed / ".ci").mkdir()
    written(closed / ".ci", "bad.yaml", {"apiVersion": "policy.linkerd.io/v1beta3", "kind": "Server"})
    assert run("diff", "HEAD", ".") == (0, "no request changes\n", "")
    git("add", ".")
    git("commit", "--quiet", "--message", "hidden")
    for paths in ((), (".",), ("./",), ("all.yaml",)):
        assert run("diff", "HEAD", ".", *paths) == (0, "no request changes\n", "")
    code, _, told = run("diff", "HEAD", "HEAD", "all.yaml", ".ci/")
    assert (code, told.splitlines()[0]) == (2, "HEAD:.ci/bad.yaml:1, metadata.name: is missing")


def test_diff_says_where_it_compared_nothing(closed: Path) -> None:
    (closed / "kept").mkdir()
    written(closed / "kept", "server.yaml", server("kept"))
    code, out, told = run("diff", "HEAD", ".", "kept")
    assert (code, out) == (1, "not compared: no workload was read, neither before nor after\n")
    moved, nobody = told.splitlines()
    assert moved == "note: HEAD does not hold kept: if it was moved, name its other place as well"
    assert nobody.startswith("note: no workload was read")
    assert run("diff", "HEAD", ".", "kept", "--output", "json")[:2] == (1, "[]\n")
    gone = run("diff", "all.yaml", "kept")
    assert (gone[0], gone[2].startswith("note: no workload was read of kept")) == (1, True)
    assert run("diff", "HEAD", ".")[2] == ""


def test_diff_reads_a_path_that_only_one_state_holds_as_new_or_gone(closed: Path) -> None:
    (closed / "new").mkdir()
    written(closed / "new", "grant.yaml", allow(PINGER))
    assert run("diff", "HEAD", ".", "all.yaml", "new")[1].startswith("opened: 1\n  + arena/pinger")
    assert run("diff", ".", "HEAD", "all.yaml", "new")[1].startswith("closed: 1\n  - arena/pinger")
    (closed / "all.yaml").rename(closed / "moved.yaml")
    code, out, _ = run("diff", "HEAD", ".", "all.yaml")
    assert (code, "opened" in out) == (1, False)


def test_access_that_a_network_policy_blocks_is_not_listed(tmp_path: Path) -> None:
    file = written(tmp_path, "a.yaml", *ARENA, server(), allow(PINGER), network_policy(policyTypes=["Ingress"]))
    code, out, told = run("list", file)
    assert code == 0
    assert "arena/pinger" not in out
    assert [line.split()[2:5] for line in out.splitlines() if "anyone" in line] == [["anyone", "GET", "/live"]]
    assert "2 more would be granted" in told  # and anyone on 9090
    assert "NetworkPolicy arena/policy-ponger" in run("list", file, "--denied")[1]


def test_cases_report_to_people_and_machines(tmp_path: Path) -> None:
    cases = ROOT / "tests" / "cases"
    assert run("test", cases)[1].endswith(" 0 differences\n")
    wrong = tmp_path / "wrong.yaml"
    text = (cases / "an-empty-list-admits-everyone.yaml").read_text().replace("expect: allow", "expect: 403", 1)
    wrong.write_text(text.replace("base: cluster.yaml", f"base: {cases / 'cluster.yaml'}"))
    code, out, _ = run("test", wrong)
    assert code == 1
    assert "    expected: 403\n    found:    allow\n    because:  " in out
    assert json.loads(run("test", wrong, "--output", "json")[1])["differences"] == 1
    junit = ET.fromstring(run("test", wrong, "--output", "junit")[1])  # noqa: S314 # our own output
    assert junit.get("failures") == "1"


def test_mutate_names_the_rules_that_no_case_notices(tmp_path: Path) -> None:
    case = {
        "description": "one request notices one of two policies",
        "manifests": list(ARENA),
        "policies": [server(), allow(PINGER), tls("*", name="unused")],
        "requests": [
            {"from": "arena/pinger", "to": "arena/ponger:8080", "expect": "allow"},
            {"from": "arena/rogue", "to": "arena/ponger:8080", "expect": 403},
        ],
    }
    file = tmp_path / "case.yaml"
    file.write_text(yaml.safe_dump(case))
    code, out, _ = run("mutate", file)
    assert code == 1
    assert out.splitlines()[-1] == "5 changes tried, 1 unnoticed"
    assert "MeshTLSAuthentication arena/unused dropped: no case notices" in out
    assert "    no request to a workload of these cases changes" in out


OLDER = server() | {"apiVersion": "policy.linkerd.io/v1beta1"}
LIMIT: Manifest = {
    "apiVersion": "policy.linkerd.io/v1alpha1",
    "kind": "HTTPLocalRateLimitPolicy",
    "metadata": {"name": "slow", "namespace": "arena"},
    "spec": {"targetRef": ref("Server", "http"), "total": {"requestsPerSecond": 5}},
}


@pytest.mark.parametrize(
    ("policies", "expect", "line"),
    [
        ((server(), allow(PINGER)), "allow", "AuthorizationPolicy arena/allow weakened"),
        ((server(), allow(PINGER)), 403, "AuthorizationPolicy arena/allow dropped"),
        ((OLDER, allow(PINGER)), "allow", "Server arena/http weakened"),
        (
            (server(), allow(PINGER), LIMIT),
            "allow",
            "RateLimitPolicy arena/slow: another number of requests per second",
        ),
    ],
    ids=["a change that opens more", "a case that fails as it is", "an older version", "a rate limit"],
)
def test_mutate_calls_no_change_noticed_that_no_case_notices(
    policies: tuple[Manifest, ...], expect: str | int, line: str, tmp_path: Path
) -> None:
    asked = {"from": "arena/pinger", "to": "arena/ponger:8080", "expect": expect}
    file = tmp_path / "case.yaml"
    file.write_text(yaml.safe_dump({"manifests": list(ARENA), "policies": list(policies), "requests": [asked]}))
    code, out, told = run("mutate", file)
    assert (code, line in out) == (1, True), out
    fails = run("test", file)[0] == 1
    assert (f"{file} fails as it is, so it notices no change" in told) is fails


def test_mutate_shows_the_requests_that_no_case_asks_for(tmp_path: Path) -> None:
    case = {
        "description": "nobody asks what is refused",
        "manifests": list(ARENA),
        "policies": [server(), allow(PINGER)],
        "requests": [{"from": "arena/pinger", "to": "arena/ponger:8080", "expect": "allow"}],
    }
    file = tmp_path / "case.yaml"
    file.write_text(yaml.safe_dump(case))
    _, out, _ = run("mutate", file, "--explain")
    weakened = out[out.index("AuthorizationPolicy arena/allow weakened") :]
    assert "    + anyone (not arena/pinger) -> arena/ponger:8080  " in weakened
    assert "        curl -i http://10.244.0.21:8080/" in weakened
    shown = json.loads(run("mutate", file, "--output", "json")[1])
    opened = {(one["object"], change["change"]) for one in shown["unnoticed"] for change in one["requests"]}
    assert ("AuthorizationPolicy arena/allow", "opened") in opened


KUBECTL = """import sys
from pathlib import Path
here = Path(__file__).parent
with (here / "asked").open("a") as asked:
    print(*sys.argv[1:], file=asked)
if "configmaps" in sys.argv:
    print((here / "config.json").read_text())
else:
    print("servers.policy.linkerd.io" if "api-resources" in sys.argv else (here / "items.json").read_text())
"""


def test_a_live_cluster_is_read_through_kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program named kubectl stands in for the cluster: it answers with what was written down."""
    listed = tmp_path / "items.json"
    listed.write_text(json.dumps({"kind": "List", "items": [*ARENA, server(), allow(PINGER)]}))
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "linkerd-config", "namespace": "linkerd"}}
    config["data"] = {"values": "proxy: {defaultInboundPolicy: audit}"}
    (tmp_path / "config.json").write_text(json.dumps({"items": [config]}))
    stand_in(tmp_path, "kubectl", KUBECTL)
    only(monkeypatch, tmp_path)
    code, out, _ = run("list", "--context", "arena")
    assert code == 0
    assert "arena/ponger" in out
    assert "default policy audit" in out
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked[0] == "--context=arena api-resources --verbs=list --output=name"
    assert asked[1].startswith("--context=arena get namespaces,pods,servers.policy.linkerd.io,services ")
    assert "get configmaps --all-namespaces --field-selector=metadata.name=linkerd-config" in asked[2]
    (tmp_path / "config.json").unlink()  # what one may not read is left to the options
    wrong = server("refused", proxyProtocol="HTTP/3")
    listed.write_text(json.dumps({"kind": "List", "items": [*ARENA, wrong, allow(PINGER, PINGER), server("http")]}))
    code, out, told = run("list", "--context", "arena")
    assert code == 0
    assert "arena/pinger  " not in out.partition("arena/ponger")[2].partition("9090")[0]
    *problems, note = told.splitlines()
    assert note.startswith("note: left out is port 4191 of arena/pinger, arena/rogue, arena/ponger, ")
    assert [line.partition(": ")[2].partition(", ")[0] for line in problems] == ["context arena"] * 2
    assert all(line.endswith("it is stored all the same, and in force as far as Linkerd reads it") for line in problems)
    listed.unlink()
    code, _, told = run("list", "--context", "arena")
    assert code == 2
    assert "kubectl cannot read the context arena" in told
    only(monkeypatch, tmp_path / "nothing")
    assert "kubectl is not installed" in run("list", "--context", "arena")[2]


def test_a_missing_network_rule_for_an_address_names_the_address(tmp_path: Path) -> None:
    file = written(tmp_path, "closed.yaml", *ARENA, network_policy(policyTypes=["Ingress"]))
    code, out, _ = run("check", "203.0.113.7", "ponger", file, "--direct", "--output", "json")
    rules = written(tmp_path, "rules.yaml", *json.loads(out)["change"]["manifests"])
    assert (code, json.loads(out)["outcome"]) == (1, "unknown")  # it may be the address of ponger's node
    assert [run("check", f"203.0.113.{n}", "ponger", file, rules, "--direct")[0] for n in (7, 8)] == [0, 1]
    out = run("check", "unmeshed", "ponger", file)[1]
    assert out.startswith("REFUSED (blocked: no connection is made)")
    assert "say who the client is" in out


@pytest.mark.parametrize("network_policies", [("ponger",), ("pinger",), ("ponger", "pinger")])
def test_the_missing_network_rules_allow_exactly_this_client(network_policies: tuple[str, ...], tmp_path: Path) -> None:
    both: Manifest = {"policyTypes": ["Ingress", "Egress"]}
    closed = [network_policy(app, **both) for app in network_policies]
    file = written(tmp_path, "closed.yaml", *ARENA, server(), allow(PINGER), *closed)
    code, out, _ = run("check", "pinger", "ponger", file, "--output", "json")
    answer = json.loads(out)
    assert (code, answer["layer"], answer["outcome"]) == (1, "NetworkPolicy", "504")
    rules = written(tmp_path, "rules.yaml", *answer["change"]["manifests"])
    assert run("check", "pinger", "ponger", file, rules)[0] == 0
    assert run("check", "rogue", "ponger", file, rules)[0] == 1


def test_diff_shows_the_changes_of_chosen_servers_and_clients_alone(tmp_path: Path) -> None:
    old = written(tmp_path, "old.yaml", *ARENA, server(), allow(PINGER, name="a"))
    new = written(tmp_path, "new.yaml", *ARENA, server(), allow(account("rogue"), name="a"))
    everything = run("diff", old, new)
    assert everything[0] == 1
    assert everything[1].startswith("opened: 1\n  + arena/rogue")
    assert "closed: 1\n  - arena/pinger" in everything[1]
    assert run("diff", old, new, "--server", "arena/ponger") == everything
    assert run("diff", old, new, "--server", "pinger")[:2] == (0, "no request changes\n")
    code, out, _ = run("diff", old, new, "--client", "rogue")
    assert code == 1
    assert out.startswith("opened: 1\n  + arena/rogue")
    assert "arena/pinger" not in out
    assert run("diff", new, old, "--client", "rogue")[1].startswith("closed: 1\n  - arena/rogue")


def test_diff_takes_a_name_that_either_side_knows(tmp_path: Path) -> None:
    whole, empty = written(tmp_path, "old.yaml", *ARENA), written(tmp_path, "new.yaml", ARENA[0])
    assert run("diff", whole, empty, "--server", "ponger")[0] == run("diff", empty, whole, "--server", "ponger")[0] == 1
    code, _, err = run("diff", whole, empty, "--server", "ponge")
    assert (code, err) == (2, "meshpolicy: no workload in these manifests matches --server ponge\n")
    assert run("diff", whole, empty, "--client", "nobody/here")[0] == 2
