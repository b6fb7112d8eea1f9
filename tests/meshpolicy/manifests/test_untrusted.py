"""Trees of strangers: nothing is fetched for them, nothing is read for ever, and nothing outside of a chart is read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.chart import chart_may_decide, missing_dependencies
from meshpolicy.manifests.kustomization import digest, kustomization_of
from meshpolicy.manifests.options import Chart, ReadOptions
from meshpolicy.manifests.sources import read

from ...onpath import only, real_tools, stand_in
from .corpus import APP, BASE, CHART, KUSTOMIZATION, REPLICAS, laid_out, overlay

BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n"
    for old, new in zip("abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz", strict=True)
)
"""YAML of 2**26 texts, once it is written out."""


@contextmanager
def listening() -> Iterator[tuple[int, list[str]]]:
    """Yield the port of a server of this machine, and the paths that it is asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 # as it is inherited
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_port, asked
        finally:
            server.shutdown()
            thread.join()


BUILTIN = "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: x}\n"
FETCHING = {
    "a patch": {"k/kustomization.yaml": "patches: [{path: 'URL'}]\n"},
    "a file of a generator": {
        "k/kustomization.yaml": "namePrefix: a\nconfigMapGenerator: [{name: x, files: [a=URL]}]\n"
    },
    "a schema": {"k/kustomization.yaml": "openapi: {path: 'URL'}\n"},
    "in capitals": {"k/kustomization.yaml": "openapi: {path: 'HTTPURL'}\n"},
    "an escape": {"k/kustomization.yaml": 'openapi: {path: "ESCAPED"}\n'},
    "an alias": {"k/kustomization.yaml": "metadata: {name: &a 'URL'}\nopenapi: {path: *a}\n"},
    "a transformer": {
        "k/kustomization.yaml": "transformers: [t.yaml]\n",
        "k/t.yaml": BUILTIN + "path: 'URL'\n",
    },
    "a transformer in place": {
        "k/kustomization.yaml": "transformers:\n- |\n  apiVersion: builtin\n  kind: PatchTransformer\n"
        '  metadata: {name: x}\n  path: "ESCAPED"\n'
    },
    "a base in letters of another case": {
        "k/kustomization.yaml": "namePrefix: a\nComponents: [../c]\n",
        "c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\n"
        "kind: Component\npatches: [{path: 'URL'}]\n",
    },
    "a base": {
        "k/kustomization.yaml": "namePrefix: a\nbases: [../c]\n",
        "c/kustomization.yaml": "patches: [{path: 'URL'}]\nresources: [b.yaml]\n",
        "c/b.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n",
    },
}
"""What kustomize fetches from this machine itself, for which it asks no proxy."""


@pytest.mark.parametrize("files", FETCHING.values(), ids=FETCHING)
def test_nothing_is_fetched_from_this_machine_itself(files: dict[str, str], tmp_path: Path) -> None:
    with listening() as (port, asked), real_tools("kubectl"):
        url = f"http://127.0.0.1:{port}/latest/x"
        tree = {"k/app.yaml": APP} | {
            name: text.replace("HTTPURL", url.upper().replace("/LATEST/X", "/x"))
            .replace("URL", url)
            .replace("ESCAPED", url.replace("/", "\\x2f"))
            for name, text in files.items()
        }
        tree["k/kustomization.yaml"] = f"{KUSTOMIZATION}resources: [app.yaml]\n" + tree["k/kustomization.yaml"]
        found = read([str(laid_out(tmp_path / "tree", tree))], MeshSettings())
        assert asked == []
    assert [one.message for one in found.left_out if "not rendered" in one.message] != []


def test_an_address_that_is_no_path_is_rendered(tmp_path: Path) -> None:
    rest = f"{REPLICAS}commonAnnotations: {{a: 'https://example.org'}}\n"
    rest += "configMapGenerator: [{name: x, literals: ['A=https://example.org']}]\n"
    four = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 4}\n"
    with real_tools("kubectl"):
        found = read([str(laid_out(tmp_path / "tree", BASE | overlay("prod", rest, replicas=four)))], MeshSettings())
    assert found.problems == ()


@pytest.mark.parametrize("odd", ["pipe", "device"])
def test_a_file_without_an_end_is_not_read(odd: str, tmp_path: Path) -> None:
    tree = laid_out(tmp_path / "tree", CHART)
    for name in ("chart/z", "chart/templates/z.yaml", "chart/requirements.yaml"):
        if odd == "pipe":
            os.mkfifo(tree / name)
        else:
            (tree / name).symlink_to("/dev/zero")
    assert digest([tree]) == digest([tree])
    assert chart_may_decide(tree / "chart")
    assert missing_dependencies(tree / "chart") == ()


def test_a_version_that_is_no_text_makes_a_kustomization_unreadable(tmp_path: Path) -> None:
    (tmp_path / "kustomization.yaml").write_text(f"{BOMB}apiVersion: *z\n")
    found = kustomization_of(tmp_path)
    assert found is not None
    assert not found.readable


def test_a_dependency_whose_name_is_no_text_is_not_written_out(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text(f"{BOMB}dependencies: [{{name: *z}}]\n")
    assert missing_dependencies(tmp_path) == ("",)


@pytest.mark.parametrize("name", ["templates/passwd.yaml", "files", "values-x.yaml"])
def test_a_chart_with_a_link_out_of_it_is_not_rendered(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = laid_out(tmp_path / "tree", CHART | {"secret/a.yaml": "a: 1\n"})
    (tree / "chart" / name).symlink_to(tree / ("secret" if name == "files" else "secret/a.yaml"))
    (tmp_path / "bin").mkdir()
    stand_in(tmp_path / "bin", "helm", "import pathlib\n(pathlib.Path(__file__).parent / 'ran').touch()\n")
    only(monkeypatch, tmp_path / "bin")
    chart = Chart(str(tree / "chart"), "web", "shop")
    found = read([str(tree)], MeshSettings(), options=ReadOptions(charts=(chart,)))
    told = "\n".join(one.message for one in found.left_out)
    assert f"not rendered: {name} of the chart is a link out of it" in told
    assert not (tmp_path / "bin/ran").exists()


def test_a_chart_with_a_link_within_it_is_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = laid_out(tmp_path / "tree", CHART)
    (tree / "chart/values-x.yaml").symlink_to("values.yaml")
    (tmp_path / "bin").mkdir()
    stand_in(tmp_path / "bin", "helm", "print('')\n")
    only(monkeypatch, tmp_path / "bin")
    found = read([str(tree)], MeshSettings(), options=ReadOptions(charts=(Chart(str(tree / "chart"), "web"),)))
    assert not any("not rendered" in one.message for one in found.left_out)
