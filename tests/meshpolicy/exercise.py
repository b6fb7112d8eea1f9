"""What is done with one text in fuzzing: all that the command line would do with it."""

from itertools import islice, product

from meshpolicy.analysis.access import accesses
from meshpolicy.analysis.ports import callable_ports
from meshpolicy.analysis.refusals import denied
from meshpolicy.analysis.suggest import suggestion
from meshpolicy.cases.read import read_base, read_case
from meshpolicy.cases.verify import verify
from meshpolicy.core.client import Traffic
from meshpolicy.core.document import Document
from meshpolicy.core.errors import Problem
from meshpolicy.decide.judge import judge
from meshpolicy.decide.transport import Call, find_service_target
from meshpolicy.findings.registry import lint
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.manifests.text import read
from meshpolicy.render.json import findings_as_json
from meshpolicy.render.text import findings_as_text

CALLS = 12
"""Calls that are judged of each cluster."""


def exercised(text: bytes) -> list[Problem]:
    """Read, parse, hold against the schemas, list, lint and judge one text; return the problems."""
    problems: list[Problem] = []
    found = list(read("fuzz.yaml", text, problems))
    for document in found:
        if "requests" in document.data or "manifests" in document.data:
            problems += _verified(document)
    manifests = parse_documents(found)
    cluster = manifests.cluster
    problems += manifests.problems
    list(islice(accesses(cluster), 1000))
    list(islice(denied(cluster), 1000))
    findings = lint(cluster, problems)
    assert findings_as_json(findings)
    findings_as_text(findings, explain=True)
    _judged(cluster)
    return [problem for problem in problems if str(problem)]


def _judged(cluster: Cluster) -> None:
    ports = ((server, port) for server in cluster.workloads for port in callable_ports(cluster, server))
    for (server, port), client, traffic in islice(product(ports, (None, *cluster.workloads), Traffic), CALLS):
        call = Call(server, port, client, service_target=find_service_target(cluster, server, port), traffic=traffic)
        suggestion(cluster, call, judge(cluster, call))


def _verified(document: Document) -> list[Problem]:
    """Read a policy case, its base being what it holds itself, and hold it against the rules if it is sound."""
    problems: list[Problem] = []
    case = read_case(document, read_base(document, problems), problems)
    if not problems:
        verify(case)
    return problems
