"""The public cases: each file of tests/cases is one test."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from random import Random

import pytest
import yaml

from meshpolicy.analysis.ports import callable_ports
from meshpolicy.cases.case import Case
from meshpolicy.cases.mutants import effect, mutants, mutated, survivors
from meshpolicy.cases.read import read_cases
from meshpolicy.cases.verify import verify
from meshpolicy.core.client import Traffic
from meshpolicy.decide.judge import judge
from meshpolicy.decide.request import Request
from meshpolicy.decide.transport import Call, find_service_target
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.parse import parse_documents

from ..build import ARENA, documents, network, server
from ..command import run, written

CASES, PROBLEMS = read_cases([Path(__file__).parents[2] / "cases"])


def test_every_case_can_be_read() -> None:
    assert PROBLEMS == ()
    assert len(CASES) >= 40


@pytest.mark.parametrize("number", range(len(CASES)), ids=[Path(case.place.file).stem for case in CASES])
def test_a_case_is_as_it_was_measured(number: int) -> None:
    result = verify(CASES[number])
    assert result.differences == ()
    assert result.checked > 0


def test_a_case_that_expects_something_else_fails_with_reasons(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "cases" / "one-account-is-admitted.yaml").read_text()
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(text.replace("expect: 403", "expect: allow", 1))
    (tmp_path / "cluster.yaml").write_text((Path(__file__).parents[2] / "cases" / "cluster.yaml").read_text())
    cases, _ = read_cases([wrong])
    differences = verify(cases[0]).differences
    assert [(d.expected, d.found) for d in differences] == [("allow", "403")]
    assert "requires the identity" in " ".join(differences[0].reasons)


def test_a_new_pod_fares_as_it_was_measured() -> None:
    """N17: told beside the case, and no difference where it were not so."""
    remarks = [remark for case in CASES for remark in verify(case).remarks]
    assert [remark.rpartition(": ")[2] for remark in remarks] == ["unstarted, as measured"]
    without_dns = next(case for case in CASES if case.place.file.endswith("network-without-dns.yaml"))
    assert without_dns.new_pod is not None
    wrong = replace(without_dns, new_pod=replace(without_dns.new_pod, expect={"allow": 1}))
    assert verify(wrong).differences == ()
    assert verify(wrong).remarks[0].endswith("unstarted, but measured was allow")


def test_fields_that_no_case_has_are_passed_over_and_told(tmp_path: Path) -> None:
    asked = {"from": "arena/pinger", "to": "arena/ponger:8080", "expect": "allow", "pth": "/", "headers": {"x": [1, 2]}}
    file = tmp_path / "case.yaml"
    file.write_text(yaml.safe_dump({"manifests": list(ARENA), "requests": [asked], "observed": {"x": 1}}))
    code, out, told = run("test", file)
    assert (code, out) == (0, "1 case, 1 check, 0 differences\n")
    lines = {text.strip(" -").partition(":")[0]: number for number, text in enumerate(file.read_text().splitlines(), 1)}
    assert told.splitlines() == [
        f"note: {file}:{lines['observed']}, observed: is not a field of a case and is ignored",
        f"note: {file}:{lines['pth']}, requests[0].pth: is not a field of a case and is ignored; did you mean path?",
    ]


def test_the_letters_of_a_case_are_words(tmp_path: Path) -> None:
    """Cases are written by other programs than kubectl: to these `n` is no flag."""
    file = tmp_path / "case.yaml"
    file.write_text("requests: [{from: n/y, to: 'N/Y:1', headers: {n: y}, expect: allow}]")
    cases, problems = read_cases([file])
    assert problems == ()
    assert (cases[0].requests[0].caller, dict(cases[0].requests[0].headers)) == ("n/y", {"n": "y"})


def test_most_rules_of_the_cases_are_noticed_when_they_go() -> None:
    """Of all mutants, no more than a third survive: some objects are there to show that they do nothing."""
    *counts, (_, unnoticed) = survivors(CASES)
    tried = sum(count for count, _ in counts)
    assert tried > 150
    assert len(unnoticed) < tried / 3, [f"{s.name} {s.change} ({s.place})" for s in unnoticed]


def test_a_policy_is_dropped_and_weakened_in_turn() -> None:
    case = next(case for case in CASES if case.place.file.endswith("one-account-is-admitted.yaml"))
    assert [(mutant.name, mutant.change) for mutant in mutants(case.policies)] == [
        ("Server arena/ponger-http", "dropped"),
        ("Server arena/ponger-http", "weakened"),
        ("AuthorizationPolicy arena/pinger", "dropped"),
        ("AuthorizationPolicy arena/pinger", "weakened"),
    ]


def test_a_case_may_stand_on_real_manifests(tmp_path: Path) -> None:
    """`base` names files and folders; what the mesh was installed with stands in the case."""
    folder = tmp_path / "k8s"
    folder.mkdir()
    written(folder, "arena.yaml", *ARENA)
    request = {"from": "arena/stranger", "to": "arena/ponger:8080"}
    for mode, outcome in (("deny", 403), ("all-unauthenticated", "allow")):
        case = {
            "base": ["k8s"],
            "cluster": {"defaultInboundPolicy": mode},
            "requests": [{**request, "expect": outcome}],
        }
        (tmp_path / "case.yaml").write_text(yaml.safe_dump({"description": mode, **case}))
        assert run("test", tmp_path / "case.yaml") == (0, "1 case, 1 check, 0 differences\n", "")


def test_no_mutant_is_refused_and_a_weaker_one_means_all_addresses() -> None:
    manifests = (network("fd00::/8"), server() | {"apiVersion": "policy.linkerd.io/v1beta1"})
    weaker = [one.instead for one in mutants(documents(*manifests)) if one.instead is not None]
    assert len(weaker) == 2
    found = parse_documents(weaker)
    assert found.problems == ()
    [authentication] = found.cluster.networks.values()
    assert {str(one.cidr) for one in authentication.networks} == {"0.0.0.0/0", "::/0"}


def test_a_mutant_that_is_said_to_change_no_request_flips_no_call() -> None:
    *_, (_, unnoticed) = survivors(CASES)
    still = [one for one in unnoticed if effect(one) is None]
    assert len(still) > 5
    chance = Random(7)  # noqa: S311 # no secret: calls to ask about
    for survivor in still:
        case, mutant = survivor.tried[0]
        before, after = (read_cluster(one) for one in (case, mutated(case, mutant)))
        for call in islice(calls_of(before, chance), 12):
            assert judge(before, call, settled=True).verdict is judge(after, call, settled=True).verdict, survivor


def read_cluster(case: Case) -> Cluster:
    return parse_documents((*case.manifests, *case.policies), case.settings, closed=True).cluster


def calls_of(cluster: Cluster, chance: Random) -> Iterator[Call]:
    """Yield calls by chance between the workloads of a cluster."""
    ports = [(server, port) for server in cluster.workloads for port in callable_ports(cluster, server, admin=True)]
    while ports:
        (server, port), client, traffic = (
            chance.choice(ports),
            chance.choice(cluster.workloads),
            chance.choice([*Traffic]),
        )
        target = chance.choice((None, find_service_target(cluster, server, port)))
        request = Request(chance.choice(("GET", "POST")), chance.choice(("/", "/ping", "/live", "/a.B/c")), {}, "host")
        yield Call(server, port, client, service_target=target, request=request, traffic=traffic)
