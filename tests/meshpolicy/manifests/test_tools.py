"""Tools that render: they cannot reach the net, run for ever, or print without end; what they say is told."""

from pathlib import Path

import pytest

from meshpolicy.findings.finding import Severity
from meshpolicy.findings.registry import lint
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests import tools
from meshpolicy.manifests.options import Chart, ReadOptions
from meshpolicy.manifests.sources import read
from meshpolicy.manifests.tools import NotRendered, helm_template, kustomize

from ...onpath import only, stand_in
from .corpus import BASE, CHART, GOOD, POLICY_CHART, PROD, laid_out

RENDERED = """import sys
print('''---
# Source: web/templates/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: {name: new, namespace: shop}
spec:
  selector: {matchLabels: {app: new}}
  template:
    metadata: {labels: {app: new}}
    spec: {containers: [{name: main, image: x}]}
''' + "# " + " ".join(sys.argv[1:]))
"""


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the one folder in which programs are found."""
    folder = tmp_path / "bin"
    folder.mkdir()
    only(monkeypatch, folder)
    return folder


def test_a_tool_finds_no_other_program_and_no_proxy(bin_folder: Path) -> None:
    stand_in(bin_folder, "kustomize", "import os\nfor one in sorted(os.environ.items()): print(*one)")
    seen = dict(line.split(" ", 1) for line in kustomize(".").decode().splitlines())
    assert seen["PATH"] == seen["HOME"] != str(bin_folder)
    assert {seen[name] for name in ("HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")} == {tools.NOWHERE}


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; sys.exit('no  such\\nbase')", "kustomize failed: no such base"),
        ("import time; print('x', flush=True); time.sleep(600)", r"kustomize timed out after 0\.5 s"),
        ("while True: print('x' * 1000)", "kustomize printed more than 0 MiB"),
    ],
)
def test_a_tool_that_fails_lasts_or_floods_is_ended(
    program: str, message: str, bin_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(bin_folder, "kustomize", program)
    monkeypatch.setattr(tools, "MOST_BYTES", 10_000)
    if "sleep" in program:
        monkeypatch.setattr(tools, "SECONDS", 0.5)
    with pytest.raises(NotRendered, match=message):
        kustomize(".")


@pytest.mark.usefixtures("bin_folder")
def test_without_a_tool_an_overlay_leaves_every_answer_open(tmp_path: Path) -> None:
    found = read([str(laid_out(tmp_path / "tree", BASE | PROD))], MeshSettings())
    assert found.wrong == ()
    assert any("neither kustomize nor kubectl is installed" in one.message for one in found.left_out)
    assert [str(one) for one in lint(found.linted) if one.code.severity is not Severity.NOTE] == []


def test_a_chart_that_is_named_is_rendered(tmp_path: Path, bin_folder: Path) -> None:
    stand_in(bin_folder, "helm", RENDERED)
    tree = laid_out(tmp_path / "tree", GOOD | POLICY_CHART)
    chart = Chart(str(tree / "chart"), "web", "shop", (str(tree / "chart/values.yaml"),))
    found = read([str(tree)], MeshSettings(), options=ReadOptions(charts=(chart,)))
    assert found.problems == ()
    place = next(one.ref.place for one in found.cluster.workloads if one.ref.name == "new")
    assert place is not None
    assert place.file.endswith("chart/templates/deployment.yaml")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (CHART, "helm is not installed"),
        (
            CHART | {"chart/Chart.yaml": "name: a\ndependencies: [{name: redis}]\n"},
            "the chart needs redis, which is",
        ),
    ],
)
@pytest.mark.usefixtures("bin_folder")
def test_a_chart_that_is_not_rendered_is_told(files: dict[str, str], message: str, tmp_path: Path) -> None:
    tree = laid_out(tmp_path / "tree", files)
    found = read([str(tree / "chart")], MeshSettings())
    assert found.wrong == ()
    assert [message in one.message for one in found.left_out] == [True]


def test_a_chart_is_rendered_as_for_a_cluster_with_the_kinds_of_the_mesh(bin_folder: Path) -> None:
    """Charts ask `.Capabilities.APIVersions.Has "policy.linkerd.io/v1beta3/Server"` before they make one."""
    stand_in(bin_folder, "helm", "import sys\nprint(*sys.argv[1:], sep='\\n')")
    words = helm_template("chart", "web", "", ()).decode().split()
    assert "--api-versions=policy.linkerd.io/v1beta3/Server" in words
    assert "--api-versions=gateway.networking.k8s.io/v1" in words
    assert words[-3:] == ["--", "web", "chart"]


LOOKUP = '{{- if (lookup "v1" "Namespace" "" "shop") }}\n'


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (LOOKUP + "kind: Secret\napiVersion: v1\n{{- end }}\n", True),
        (LOOKUP + "kind: NetworkAuthentication\napiVersion: policy.linkerd.io/v1alpha1\n{{- end }}\n", False),
        ("# a lookup table\nkind: Server\napiVersion: policy.linkerd.io/v1beta3\n", True),
    ],
)
def test_a_chart_that_asks_the_cluster_for_what_decides_is_not_known(
    text: str, known: bool, tmp_path: Path, bin_folder: Path
) -> None:
    """`helm template` answers each `lookup` with nothing."""
    stand_in(bin_folder, "helm", RENDERED)
    tree = laid_out(tmp_path / "tree", CHART | {"chart/templates/asks.yaml": text})
    chart = Chart(str(tree / "chart"), "web", "shop", ())
    found = read([str(tree)], MeshSettings(), options=ReadOptions(charts=(chart,)))
    assert ("asks the cluster by `lookup`" in "".join(one.message for one in found.left_out)) is not known
    assert (found.cluster.workload("shop", "new") is not None) is known
