"""A kind is one file and a finding is one function: those that CONTRIBUTING.md shows are added and used."""

import json
import re
import subprocess
import sys

import pytest

from meshpolicy.kinds.registry import KINDS, groups_of, names_in

from ..command import ROOT

BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
USE = """
import json, sys
import meshpolicy.kinds, meshpolicy.findings
meshpolicy.kinds.__path__.append(sys.argv[1] + "/kinds")
meshpolicy.findings.__path__.append(sys.argv[1] + "/findings")
from meshpolicy.findings.registry import lint
from meshpolicy.manifests.load import load
from meshpolicy.manifests.parse import parse_documents

documents, unreadable = load([sys.argv[1] + "/quotas.yaml"])
manifests = parse_documents(documents, before=unreadable)
print(json.dumps({
    "problems": [str(problem).partition("quotas.yaml")[2] for problem in manifests.problems],
    "findings": [f"{finding.code.code} {finding.subject}: {finding.message}" for finding in lint(manifests.cluster)],
}))
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Return what is found of three quotas once the two files lie where they belong."""
    folder = tmp_path_factory.mktemp("house")
    kind, finding = (block for block in BLOCKS if "Quota" in block)
    for room, text in (("kinds", kind), ("findings", finding)):
        (folder / room).mkdir()
        (folder / room / "quota.py").write_text(text)
    quota = "apiVersion: {}\nkind: Quota\nmetadata: {{name: {}}}\nspec: {{requests: {}}}\n"
    quotas = (("example.com/v1", "fine", 5), ("example.com/v1", "none", 0), ("example.com/v1", "huge", 2_000_000))
    (folder / "quotas.yaml").write_text("---\n".join(quota.format(*one) for one in (*quotas, ("apps/v1", "far", 1))))
    command = [sys.executable, "-c", USE, str(folder)]
    found: dict[str, list[str]] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def test_a_kind_in_one_file_is_read_validated_and_known_by_its_group(answer: dict[str, list[str]]) -> None:
    invalid, elsewhere = answer["problems"]
    assert invalid.endswith("spec.requests: must be greater than 0")
    assert elsewhere.endswith("apiVersion: is `apps/v1`: a Quota is of example.com")


def test_a_finding_in_one_function_is_reported(answer: dict[str, list[str]]) -> None:
    assert answer["findings"] == ["MP900 Quota default/huge: allows 2000000 requests"]


def test_a_kind_is_listed_by_the_plural_of_its_name() -> None:
    names = {kind.resource for kind in KINDS.values()}
    assert {"services", "servers.policy.linkerd.io", "authorizationpolicies.policy.linkerd.io"} <= names
    assert {"gateways.gateway.networking.k8s.io", "networkpolicies.networking.k8s.io", "cronjobs.batch"} <= names


def test_the_registry_knows_each_kind_by_group_and_name() -> None:
    assert all((kind.group, kind.name) == key for key, kind in KINDS.items())
    assert "Server" in names_in("policy.linkerd.io")
    assert sorted(groups_of("HTTPRoute")) == ["gateway.networking.k8s.io", "policy.linkerd.io"]
