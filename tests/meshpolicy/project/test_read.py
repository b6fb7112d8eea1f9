"""`meshpolicy.yaml` is read strictly: each mistake is told once, with its line and what is meant."""

from pathlib import Path

import pytest

from meshpolicy.core.errors import InvalidInput
from meshpolicy.manifests.options import Chart
from meshpolicy.project.read import FIELDS, read_project

from ..command import ROOT


def written(folder: Path, text: str) -> str:
    """Write a project's file beside a folder of manifests, a chart, an overlay and Helm values; return its path."""
    for name in ("k8s/app.yaml", "chart/Chart.yaml", "overlay/kustomization.yaml", "values.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("")
    (folder / "meshpolicy.yaml").write_text(text)
    return str(folder / "meshpolicy.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sorces: [k8s]", "1, sorces: is an unknown field; did you mean sources?"),
        ("exclude: [a]", "1, sources: is missing or empty"),
        ("sources: [k8s]\nnothing: 1", "2, nothing: is an unknown field; known are sources, exclude"),
        ("sources: [nowhere]", "1, sources[0]: names nowhere, which is not there"),
        ("sources: k8s", "1, sources: is `k8s`, where a list is expected"),
        ("sources: [k8s]\nclosedWorld: maybe", "2, closedWorld: is `maybe`, where true or false is expected"),
        ("sources: [k8s]\nvariables: {A: 1}", "2, variables.A: is `1`, where a string is expected"),
        (
            "sources: [k8s]\ncluster: {trustDomian: a}",
            "2, cluster.trustDomian: is an unknown field; did you mean",
        ),
        ("sources: [k8s]\ncluster: {defaultInboundPolicy: x}", "2, cluster.defaultInboundPolicy: is `x`; accepted are"),
        ("sources: [k8s]\nprove: x", "2, prove: is no list of sentences"),
        ("sources: [k8s]\nprove: [only x]", "2, prove[0]: `only x` is no sentence that can be proved"),
        ("sources: [k8s]\nprove: [1]", "2, prove[0]: is no sentence"),
        ("sources: [k8s]\nprove: [{why: x}]", "2, prove[0].sentence: is missing"),
        ("sources: [k8s]\nsuppress: [{code: MP035, object: x}]", "2, suppress[0].reason: is missing"),
        ("sources: [k8s]\nsuppress: [{code: MP35, object: x, reason: y}]", "2, suppress[0].code: is `MP35`, which no"),
        (
            "sources: [k8s]\nsuppress: [{code: MP035, object: x, reason: y, expires: soon}]",
            "2, suppress[0].expires: is `soon`, where a day such as 2027-01-31 is expected",
        ),
        ("renders: [{kustomize: overlay, helm: chart}]", "1, renders[0]: names either a folder to `kustomize`, or"),
        ("renders: [{helm: nowhere}]", "1, renders[0].helm: names nowhere, which is no folder here"),
        ("renders: [{helm: chart, values: [no.yaml]}]", "1, renders[0].values[0]: names no.yaml, which is not there"),
        ("a: 1\n---\nb: 1", "holds 2 documents, where one is expected"),
        ("sources: [", "invalid YAML"),
        ("- a", "is a list, where an object is expected"),
    ],
)
def test_a_mistake_is_told_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(InvalidInput) as raised:
        read_project(path)
    told = [str(problem) for problem in raised.value.problems]
    assert any(message in one.replace(f"{path}:", "") for one in told), told
    assert len(set(told)) == len(told)


def test_all_that_a_file_says_is_kept_with_paths_from_its_folder_on(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """sources: [k8s]
exclude: ['*.json']
renders: [{kustomize: overlay}, {helm: chart, release: web, namespace: shop, values: [values.yaml]}]
namespace: shop
variables: {A: b}
closedWorld: true
cluster: {defaultInboundPolicy: deny}
prove: [every call of shop is encrypted, {sentence: no unmeshed client may connect on shop/web, why: because}]
accepted: accepted.yaml
suppress: [{code: MP035, object: Server shop/*, reason: it is new, expires: 2027-01-31}]
""",
    )
    project = read_project(path)
    here = str(tmp_path)
    assert project.sources == (f"{here}/k8s", f"{here}/overlay")
    assert project.options.excluded == ("*.json",)
    assert project.options.overlays == (f"{here}/overlay",)
    assert project.options.charts == (Chart(f"{here}/chart", "web", "shop", (f"{here}/values.yaml",)),)
    assert (project.options.namespace, project.options.variables, project.options.closed) == ("shop", {"A": "b"}, True)
    assert project.settings.default_inbound_policy == "deny"
    assert [(claim.why, claim.place.line) for claim in project.claims] == [("", 8), ("because", 8)]
    assert project.accepted == f"{here}/accepted.yaml"
    assert [(one.code, one.object, one.expires) for one in project.suppressions] == [
        ("MP035", "Server shop/*", "2027-01-31")
    ]


def test_the_reference_tells_of_every_field() -> None:
    page = (ROOT / "docs/reference/meshpolicy.md").read_text()
    assert [name for name in FIELDS if f"| `{name}` |" not in page] == []
