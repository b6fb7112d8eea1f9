"""Reading logs by the names that people use."""

from pathlib import Path

import pytest

from localmesh.errors import BadInput
from localmesh.reading import GrowingFile, named_pods, read_logs
from localmesh.state import StateFolder
from localmesh.views import MeshView

from .build import pod_view

MESH = MeshView({}, (pod_view("pinger-0"), pod_view("ponger-0"), pod_view("ponger-1")), ())


@pytest.mark.parametrize(
    ("name", "pods"),
    [
        ("ponger-1", ("ponger-1",)),
        ("ponger", ("ponger-0", "ponger-1")),
        ("pingpong/ponger", ("ponger-0", "ponger-1")),
        ("pingpong/pinger-0", ("pinger-0",)),
    ],
)
def test_pods_are_named_by_themselves_or_their_workload(name: str, pods: tuple[str, ...]) -> None:
    assert named_pods(MESH, name) == pods


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(BadInput, match="no such workload or pod; the pods are pinger-0, ponger-0, ponger-1"):
        named_pods(MESH, "pong")


def test_lines_of_several_pods_begin_with_the_name(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    for pod in ("ponger-0", "ponger-1"):
        folder.pod(pod).mkdir(parents=True)
        (folder.pod(pod) / "app.log").write_text(f"hello from {pod}\n")
    lines: list[str] = []
    read_logs(folder, MESH, "ponger", sidecar=False, follow=False, write=lines.append)
    assert lines == ["ponger-0  hello from ponger-0", "ponger-1  hello from ponger-1"]
    read_logs(folder, MESH, "ponger-0", sidecar=True, follow=False, write=lines.append)
    assert len(lines) == 2


def test_a_growing_file_gives_whole_lines_once_and_starts_anew_when_emptied(tmp_path: Path) -> None:
    log = tmp_path / "log"
    file = GrowingFile(log)
    assert file.new_lines() == []
    log.write_text("one\ntw")
    assert file.new_lines() == ["one"]
    log.write_text("one\ntwo\n")
    assert file.new_lines() == ["two"]
    log.write_text("new\n")
    assert file.new_lines() == ["new"]
