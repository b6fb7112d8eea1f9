"""What the library reads: files, folders and revisions, under the settings that it is told."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from meshpolicy import Installation, InvalidInput, InvalidQuestion, check, read

from ...onpath import real_tools, really
from ..build import ARENA, account, allow, ref, server
from ..command import OWN, written


def test_paths_of_every_type_are_read_alike(tmp_path: Path) -> None:
    file = written(tmp_path, "a.yaml", *ARENA, server(), allow(account("pinger")))
    assert read(file).workloads == read(str(file)).workloads == read(tmp_path).workloads != ()


def test_all_that_cannot_be_read_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: [")
    (tmp_path / "b.yaml").write_text("apiVersion: v1\nkind: 'x")
    with pytest.raises(InvalidInput, match="invalid YAML") as raised:
        read(tmp_path, tmp_path / "none.yaml")
    assert [Path(one.place.file).name for one in raised.value.problems] == ["a.yaml", "b.yaml", "none.yaml"]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((), {}, "name either the manifests to read"),
        (OWN, {"context": "kind-pingpong"}, "name either the manifests to read"),
        (
            OWN,
            {"installation": Installation(default_inbound_policy="allow")},
            "one of all-unauthenticated, ",
        ),
        (OWN, {"installation": Installation(outbound_transport_mode="tunnel")}, "transparent.* is expected"),
        (OWN, {"installation": Installation(cluster_networks=("10.0.0.0/8", "x"))}, "x: a network such as"),
    ],
)
def test_what_cannot_be_read_is_no_question(arguments: Any, options: Any, message: str) -> None:
    with pytest.raises(InvalidQuestion, match=message):
        read(*arguments, **options)


def test_the_installation_decides_and_outweighs_helm_values(tmp_path: Path) -> None:
    """A port without a Server has the default policy (R1)."""
    file = written(tmp_path, "a.yaml", *ARENA)
    values = tmp_path / "linkerd.txt"
    values.write_text("proxy: {defaultInboundPolicy: deny}\n")
    assert check(read(file), "unmeshed", "ponger:http").allowed
    assert check(read(file, values=[values]), "unmeshed", "ponger:http").refused
    told = Installation(default_inbound_policy="all-unauthenticated")
    assert check(read(file, values=[values], installation=told), "unmeshed", "ponger:http").allowed


def test_namespace_variables_and_excluded_files_are_as_told(tmp_path: Path) -> None:
    text = "{apiVersion: v1, kind: Pod, metadata: {name: '${NAME}'}, spec: {containers: [{name: app}]}}"
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "values.yaml").write_text("[not, a, manifest")
    [pod] = read(tmp_path, exclude=["values.yaml"], variables={"NAME": "web"}, namespace="shop").workloads
    assert (pod.namespace, pod.name) == ("shop", "web")


def test_what_is_not_here_may_exist_elsewhere_unless_the_world_is_closed(tmp_path: Path) -> None:
    """R130: the authentication lies in a namespace of which nothing is here."""
    policy = allow(ref("MeshTLSAuthentication", "anyone", "elsewhere"))
    file = written(tmp_path, "a.yaml", *ARENA, server(), policy)
    assert check(read(file), "pinger", "ponger:http").unknown
    assert check(read(file, closed_world=True), "pinger", "ponger:http").refused


def test_a_revision_is_read_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, "a.yaml", *ARENA, server(), allow(account("pinger")))
    (tmp_path / "draft.yaml").write_text("[no manifest")
    git = [str(really("git")), "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "one"]):
        subprocess.run([*git, *words], check=True, env=clean)
    written(tmp_path, "a.yaml", *ARENA, server())
    with real_tools("git"):
        was = read("a.yaml", revision="HEAD")
        assert read(".", revision="HEAD", exclude=["draft.yaml"]).workloads == was.workloads
        for source, revision, message in (("a.yaml", "HAED", "no such revision"), ("b.yaml", "HEAD", "have b.yaml")):
            with pytest.raises(InvalidQuestion, match=message):
                read(source, revision=revision)
    assert check(was, "pinger", "ponger:http").allowed
    assert check(read("a.yaml"), "pinger", "ponger:http").refused
