"""`accept` and `list --accepted`: what someone has agreed to, and that nothing else is lost by writing it down."""

import json
from datetime import date
from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from meshpolicy.analysis.access import accesses
from meshpolicy.analysis.change import Change
from meshpolicy.analysis.difference import compare
from meshpolicy.analysis.ports import callable_ports
from meshpolicy.cases.accepted import read_accepted, violations, write_accepted
from meshpolicy.decide.decision import Verdict
from meshpolicy.decide.judge import judge

from ..build import ARENA, Manifest, account, allow, cluster, labels, network_policy, pod, ref, route, server, service
from ..command import OWN, run, written
from ..flips import PAIRS, State, calls_of

AGREED = ("--owner", "team", "--reason", "needed")


def test_access_that_nobody_accepted_fails(tmp_path: Path) -> None:
    accepted = tmp_path / "accepted.yaml"
    assert run("accept", accepted, *OWN, "--owner", "team", "--reason", "first count")[0] == 0
    assert run("list", *OWN, "--accepted", accepted)[0] == 0
    entries = yaml.safe_load(accepted.read_text())["access"]
    assert {entry["owner"] for entry in entries} == {"team"}
    more = written(tmp_path, "more.yaml", *ARENA)
    code, _, told = run("list", *OWN, more, "--accepted", accepted)
    assert code == 1
    assert "not accepted: anyone -> arena/ponger:8080" in told
    later = ("--owner", "other", "--reason", "arena", "--expires", "2031-01-31")
    note, *explained = run("accept", accepted, *OWN, more, *later, "--explain")[2].splitlines()
    assert note.startswith("note: left out is port 4191 of arena/pinger, arena/rogue, arena/ponger, ")
    assert explained == [
        "accepted: anyone -> arena/ponger:8080 anything",
        "accepted: anyone -> arena/ponger:9090 anything",
        f"{accepted}: 2 new, 0 gone",
    ]
    assert {str(entry.get("expires", "")) for entry in yaml.safe_load(accepted.read_text())["access"]} == {
        "",
        "2031-01-31",
    }
    entries = yaml.safe_load(accepted.read_text())["access"]
    assert {entry["owner"] for entry in entries} == {"team", "other"}
    assert run("list", *OWN, more, "--accepted", accepted)[0] == 0


def test_accepted_entries_expire_and_must_be_needed(tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    entry = {"server": "arena/ponger", "port": 9090, "client": "anyone", "requests": "every request"}
    said = {**entry, "owner": "o", "reason": "r", "expires": "2026-01-31"}
    file.write_text(yaml.safe_dump({"access": [{**said, "port": 8080}, said]}))
    one = cluster(*ARENA)
    assert violations(one, read_accepted(str(file), one.settings), date(2026, 1, 31)) == []
    assert "expired on 2026-01-31" in violations(one, read_accepted(str(file), one.settings), date(2026, 2, 1))[0]
    none = cluster(*ARENA, server("metrics", 9090))
    (stale,) = violations(none, read_accepted(str(file), none.settings), date(2026, 1, 1))
    assert "accepts what is not granted" in stale
    file.write_text(yaml.safe_dump({"access": [{**entry, "expires": "soon"}]}))
    code, _, told = run("list", *OWN, "--accepted", file)
    assert code == 2
    assert [line.partition(": ")[0].rpartition(", ")[2] for line in told.splitlines()] == [
        "access[0].owner",
        "access[0].reason",
        "access[0].expires",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: a}\n", ":1, access: is missing: this is not a file"),
        ("access: []\n---\nkind: Pod\n", ":3, access: is missing: this is not a file of accepted access"),
        ("all of it\n", "is a text, where an object is expected"),
        ("access: [{server: a/b}]\n", "access[0].owner: is missing"),
    ],
)
def test_a_file_of_something_else_is_left_as_it_is(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "other.yaml"
    file.write_text(text)
    code, _, told = run("accept", file, *OWN, *AGREED)
    assert (code, message in told, file.read_text()) == (2, True, text), told
    assert run("list", *OWN, "--accepted", file)[0] == 2


def test_a_file_in_no_folder_is_told(tmp_path: Path) -> None:
    file = tmp_path / "gone" / "accepted.yaml"
    told = run("accept", file, *OWN, *AGREED)
    assert told == (2, "", f"{file}: cannot be written: No such file or directory\n")


@pytest.mark.parametrize("text", ["", "access: []\n", "# agreed\naccess:\n"])
def test_a_file_without_entries_is_filled(text: str, tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    file.write_text(text)
    assert run("accept", file, *OWN, *AGREED)[0] == 0
    assert run("list", *OWN, "--accepted", file)[0] == 0


def test_what_is_not_granted_any_more_goes_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    two = written(tmp_path, "two.yaml", *ARENA, server(), allow(account("pinger")), allow(account("rogue"), name="b"))
    one = written(tmp_path, "one.yaml", *ARENA, server(), allow(account("pinger")))
    run("accept", file, two, *AGREED)
    assert run("accept", file, one, *AGREED)[2].splitlines()[1:] == [
        "gone: arena/rogue -> arena/ponger:8080 anything (team: needed)",
        f"{file}: 0 new, 1 gone",
    ]
    assert "rogue" not in file.read_text()


def test_a_file_that_cannot_be_finished_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*paths: Path) -> None:
        raise OSError(28, "No space left on device", *map(str, paths))

    file, link = tmp_path / "accepted.yaml", tmp_path / "link.yaml"
    file.write_text("access: []\n")
    file.chmod(0o640)
    link.symlink_to(file)
    with monkeypatch.context() as broken:
        broken.setattr(Path, "replace", full)
        told = run("accept", link, *OWN, *AGREED)
    assert told == (2, "", f"{link}: cannot be written: No space left on device\n")
    assert (file.read_text(), sorted(p.name for p in tmp_path.iterdir())) == ("access: []\n", [file.name, link.name])
    assert run("accept", link, *OWN, *AGREED)[0] == 0
    assert run("accept", "/dev/null", *OWN, *AGREED)[0] == 0
    assert Path("/dev/null").is_char_device()
    assert (link.is_symlink(), file.stat().st_mode & 0o777) == (True, 0o640)


def by_identity(value: str) -> tuple[Manifest, ...]:
    """Return a port that admits whose identity a route matches with a regular expression (R86)."""
    header = {"name": "l5d-client-id", "type": "RegularExpression", "value": value}
    return *ARENA, server(), route({"headers": [header]}, name="r"), allow(on=ref("HTTPRoute", "r"))


@pytest.mark.parametrize("value", [r"ping\..*", r"(pinger|rogue)\.arena\..*", r"[a-p].*"])
def test_a_client_of_a_route_by_identity_is_written_and_read_back(value: str, tmp_path: Path) -> None:
    file, granted = tmp_path / "accepted.yaml", cluster(*by_identity(value))
    outcome = write_accepted(str(file), granted, accesses(granted), "team", "needed", "")
    assert outcome.left_out == ()
    accepted = read_accepted(str(file), granted.settings)
    assert f"a client whose l5d-client-id~{json.dumps(value)}" in [entry.client for entry in accepted]
    assert violations(granted, accepted) == []
    [wider] = violations(cluster(*by_identity(f"{value}|z.*")), accepted)
    assert wider.startswith("not accepted: a client whose l5d-client-id~")


def test_a_file_of_the_old_form_keeps_what_it_says(tmp_path: Path) -> None:
    """Without `format`, `every request` meant anything that the port takes."""
    file = tmp_path / "accepted.yaml"
    assert run("accept", file, *OWN, *AGREED)[0] == 0
    new = file.read_text()
    old = new.replace("format: 2\n", "").replace("requests: every request", "requests: connections")
    assert old.count("requests: connections") == 2
    file.write_text(old)
    assert run("list", *OWN, "--accepted", file)[0] == 0
    told = run("accept", file, *OWN, "--owner", "somebody else", "--reason", "another")
    assert told == (0, "", f"{file}: 0 new, 0 gone\n")
    assert file.read_text() == new


def test_an_old_entry_for_what_is_not_granted_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "accepted.yaml"
    entry = (
        "{server: pingpong/ponger, port: 9090, client: pingpong/pinger, requests: every request, owner: o, reason: r}"
    )
    file.write_text(f"access: [{entry}]")
    _, _, told = run("accept", file, *OWN, *AGREED)
    assert told == (f"gone: pingpong/pinger -> pingpong/ponger:9090 anything (o: r)\n{file}: 6 new, 1 gone\n")


@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(PAIRS, st.integers(0, 2**32))
def test_what_is_granted_is_accepted_and_every_call_that_an_edit_opens_fails(
    tmp_path_factory: pytest.TempPathFactory, pair: tuple[State, State], seed: int
) -> None:
    before, after = cluster(*pair[0]), cluster(*pair[1])
    file = str(tmp_path_factory.mktemp("accepted") / "accepted.yaml")
    granted = [one for one in accesses(before) if not one.blocked]
    left_out = write_accepted(file, before, granted, "o", "r", "").left_out
    accepted = read_accepted(file, before.settings)
    assert violations(before, accepted) == [f"not accepted: {one}" for one in left_out]
    told = violations(after, accepted)
    for (_, port, *_), calls in calls_of(before, after, Random(seed)):  # noqa: S311 # no secret: calls to ask about
        was, now = (judge(state, one, settled=True).verdict for state, one in zip((before, after), calls, strict=True))
        if now is Verdict.ALLOW and was not in (Verdict.ALLOW, Verdict.UNKNOWN):
            listed = port in callable_ports(after, calls[1].server)
            assert not listed or any(one.startswith("not accepted") and f"ponger:{port}" in one for one in told), calls


def ties(older: str, newer: str) -> tuple[Manifest, ...]:
    """Return two Servers of one port whose ages are not known."""
    return server("a", accessPolicy=older), server("z", accessPolicy=newer)


def lets_in(*names: str) -> Manifest:
    """Return a NetworkPolicy that lets in pods of these names; none: nobody."""
    peers = [{"podSelector": labels(app=name)} for name in names]
    return network_policy(policyTypes=["Ingress"], ingress=[{"from": peers}] if peers else [])


def lets_in_one_of(*values: str, key: str = "app") -> Manifest:
    """Return a NetworkPolicy that lets in pods that have one of these values of a label."""
    chosen = {"matchExpressions": [{"key": key, "operator": "In", "values": list(values)}]}
    return network_policy(policyTypes=["Ingress"], ingress=[{"from": [{"podSelector": chosen}]}])


OPEN = server(accessPolicy="all-unauthenticated")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (("a",), ("a", "b"), "pods with app=b in arena"),
        (("b",), ("a", "b"), "pods with app=a in arena"),
        (("a", "b"), ("b", "a", "c"), "pods with app=c in arena"),
        (("pinger",), ("pinger", "b"), "pods with app=b in arena"),
        (("pinger", "b"), ("b", "pinger", "rogue"), "arena/rogue"),
        (("a", "b"), ("b", "a"), ""),
        (("a", "b", "c"), ("c",), ""),
        (("pinger", "b"), ("pinger",), ""),
        (("pinger",), ("pinger", "pinger"), ""),
    ],
)
def test_a_list_of_values_that_grows_lets_more_pods_in(
    before: tuple[str, ...], after: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    """N5: `accept` and `diff` tell the pods of each value, be there one in the manifests or not."""
    old, new = ((*ARENA, OPEN, lets_in_one_of(*values)) for values in (before, after))
    file = tmp_path / "accepted.yaml"
    assert run("accept", file, written(tmp_path, "old.yaml", *old), *AGREED)[0] == 0
    assert run("list", tmp_path / "old.yaml", "--accepted", file)[0] == 0
    code, _, said = run("list", written(tmp_path, "new.yaml", *new), "--accepted", file)
    assert (code, told in said) == (int(bool(told)), True), said
    changes = [one for one in compare(cluster(*old), cluster(*new)) if one.change is Change.OPENED]
    assert bool(changes) is bool(told)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            (*ties("deny", "deny"), allow(account("pinger"), on=ref("Server", "z"))),
            (server(accessPolicy="all-unauthenticated"),),
            "not accepted: anyone (not arena/pinger) -> arena/ponger:8080",
        ),
        (
            (*ties("deny", "deny"), allow(account("pinger"), on=ref("Server", "a"))),
            (server(), allow(account("rogue"))),
            "not accepted: arena/rogue -> arena/ponger:8080",
        ),
        ((OPEN, lets_in()), (OPEN,), "not accepted: anyone -> arena/ponger:8080"),
        ((OPEN, lets_in("pinger")), (OPEN,), "not accepted: anyone -> arena/ponger:8080"),
        (
            (OPEN, lets_in("pinger")),
            (OPEN, lets_in("pinger", "rogue")),
            "(from pods labelled like arena/pinger, arena/rogue)",
        ),
        ((OPEN, lets_in("pinger", "rogue")), (OPEN, lets_in("rogue")), ""),
        ((OPEN,), (OPEN, lets_in("rogue")), ""),
    ],
    ids=[
        "of two ages, then open",
        "of two ages, then another account",
        "nobody, then no NetworkPolicy",
        "one pod, then no NetworkPolicy",
        "one pod more",
        "one pod less",
        "a first NetworkPolicy",
    ],
)
def test_what_is_not_known_and_whom_network_policies_keep_out_is_not_accepted(
    before: tuple[Manifest, ...], after: tuple[Manifest, ...], told: str, tmp_path: Path
) -> None:
    """The file says of such a port what may be granted, and from which pods; and no more."""
    file = tmp_path / "accepted.yaml"
    old, new = written(tmp_path, "old.yaml", *ARENA, *before), written(tmp_path, "new.yaml", *ARENA, *after)
    assert run("accept", file, old, *AGREED)[0] == 0
    assert run("list", old, "--accepted", file)[0] == 0
    text = file.read_text()
    assert run("accept", file, old, "--owner", "other", "--reason", "again")[2].endswith("0 new, 0 gone\n")
    assert file.read_text() == text
    code, _, said = run("list", new, "--accepted", file)
    assert (code, told in said) == (int(bool(told)), True), said


def test_pods_that_network_policies_may_block_are_named(tmp_path: Path) -> None:
    """N2: a pod on its node's network gets in to the pods on that node."""
    host = pod("host", "", meshed=False)
    host["spec"]["hostNetwork"] = True
    walls = network_policy(ingress=[{"from": [{"podSelector": labels(app="pinger")}]}])
    manifests = written(tmp_path, "in.yaml", *ARENA, host, walls)
    told = run("accept", tmp_path / "accepted.yaml", manifests, *AGREED)[2]
    begin = "accepted, though it is not known whether NetworkPolicies let these pods through to arena/ponger:8080: "
    assert [line.removeprefix(begin) for line in told.splitlines() if line.startswith(begin)] == ["arena/host"]


def test_an_entry_of_before_that_names_no_pods_stays_and_means_all(tmp_path: Path) -> None:
    file, old = tmp_path / "accepted.yaml", written(tmp_path, "old.yaml", *ARENA, OPEN)
    narrow = written(tmp_path, "narrow.yaml", *ARENA, OPEN, lets_in("pinger"))
    assert run("accept", file, old, *AGREED)[0] == 0
    text = file.read_text()
    assert run("accept", file, narrow, "--owner", "other", "--reason", "again")[2].endswith("0 new, 0 gone\n")
    assert file.read_text() == text
    assert run("list", narrow, "--accepted", file)[0] == 0


def of_family(**family: object) -> Manifest:
    """Return a second Service of the ponger, with addresses of a family."""
    found = service("second", app="ponger")
    return {**found, "spec": {**found["spec"], **family}}


UNPLACED = tuple({key: value for key, value in one.items() if key != "status"} for one in ARENA)
"""The arena, with pods of which no address is known."""
SIX, DUAL = of_family(ipFamilies=["IPv6"]), of_family(ipFamilyPolicy="PreferDualStack")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ((), (SIX,), "is called by IPv6, past every proxy"),
        ((), (DUAL,), "may be called by IPv6, past every proxy"),
        ((SIX,), (DUAL,), ""),
        ((DUAL,), (SIX,), ""),
        ((SIX, lets_in("pinger")), (SIX,), "is called by IPv6, past every proxy"),
        ((SIX,), (SIX, lets_in("pinger")), ""),
    ],
)
def test_what_ipv6_opens_must_be_accepted(
    before: tuple[Manifest, ...], after: tuple[Manifest, ...], told: str, tmp_path: Path
) -> None:
    """R115: no policy of the port counts, but NetworkPolicies do."""
    file, closed = tmp_path / "accepted.yaml", (*UNPLACED, server(), allow(account("pinger")))
    old, new = written(tmp_path, "old.yaml", *closed, *before), written(tmp_path, "new.yaml", *closed, *after)
    assert run("accept", file, old, *AGREED)[0] == 0
    assert run("list", old, "--accepted", file)[0] == 0
    code, _, said = run("list", new, "--accepted", file)
    assert (code, told in said) == (int(bool(told)), True), said
