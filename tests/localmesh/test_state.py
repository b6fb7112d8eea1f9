"""Which folder holds the state, and whom it is trusted to."""

import os
import stat
from pathlib import Path

import pytest

from localmesh.errors import BadInput
from localmesh.files import write
from localmesh.logs import aside
from localmesh.project import OWN
from localmesh.settings import Settings
from localmesh.state import StateFolder, state_folder
from meshpolicy.kinds.container import ContainerPort

from .build import pod


def test_the_folder_is_made_private(short_path: Path) -> None:
    folder = StateFolder(short_path / "mesh")
    folder.prepare()
    folder.prepare()
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


def test_outside_of_every_checkout_the_one_of_the_program_is_meant(
    short_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = {"XDG_RUNTIME_DIR": str(short_path)}
    assert state_folder(Settings(), runtime, short_path).checkout == OWN
    assert state_folder(Settings(), runtime, short_path) == state_folder(Settings(), runtime, OWN)
    # Installed without one, there is one mesh for each user.
    monkeypatch.setattr("localmesh.project.OWN", short_path)
    assert state_folder(Settings(), runtime, short_path).path == short_path / "pingpong"
    none = {"XDG_RUNTIME_DIR": str(short_path / "no")}
    assert state_folder(Settings(), none, short_path).path.name == f"pingpong-{os.getuid()}"
    assert state_folder(Settings(state=short_path), {}, short_path).path == short_path


@pytest.fixture
def checkouts(short_path: Path) -> tuple[Path, Path]:
    """Make two checkouts of the project, as far as it is known by its folders."""
    found = (short_path / "one", short_path / "two")
    for root in found:
        (root / "k8s/base").mkdir(parents=True)
    return found


@pytest.mark.parametrize("runtime", ["", "{folder}"])
def test_each_checkout_has_a_state_of_its_own_wherever_in_it_one_stands(
    runtime: str, checkouts: tuple[Path, Path], short_path: Path
) -> None:
    one, two = checkouts
    environ = {"XDG_RUNTIME_DIR": runtime.format(folder=short_path)}
    folders = {place: state_folder(Settings(), environ, place) for place in (one, one / "k8s", one / "k8s/base", two)}
    assert folders[one] == folders[one / "k8s"] == folders[one / "k8s/base"]
    assert folders[one].path != folders[two].path
    assert (str(folders[one]), str(folders[two])) == (f"of {one}", f"of {two}")
    (short_path / "link").symlink_to(one)
    assert state_folder(Settings(), environ, short_path / "link/k8s") == folders[one]


def test_a_relative_state_folder_is_one_folder_wherever_in_the_checkout_one_stands(
    checkouts: tuple[Path, Path],
) -> None:
    one, two = checkouts
    named = Settings(state=Path("s"))
    assert {state_folder(named, {}, place).path for place in (one, one / "k8s", one / "k8s/base")} == {one / "s"}
    assert state_folder(named, {}, two).path == two / "s"


@pytest.mark.parametrize("written", ["{0}/s", "{0}/./s", "{0}/one/../s", "{0}/link/s", "{0}//s/", "{0}/s/k/.."])
def test_a_state_folder_has_one_name_however_it_is_written(
    written: str, checkouts: tuple[Path, Path], short_path: Path
) -> None:
    """Processes are known as a mesh's by the name of its folder."""
    (short_path / "link").symlink_to(short_path)
    found = state_folder(Settings(state=Path(written.format(short_path))), {}, checkouts[0])
    assert str(found.path) == f"{short_path}/s"


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/etc", "a\0", "../../precious"])
def test_no_name_of_a_manifest_leads_out_of_the_state_folder(name: str) -> None:
    folder = StateFolder(Path("/state"))
    with pytest.raises(BadInput, match="cannot be the name of a file below /state/pods"):
        folder.pod(name)
    if name:
        with pytest.raises(BadInput, match="cannot be the name of a file below /state/pods/a/app"):
            pod("a-0", folder=folder.pod("a")).socket(ContainerPort(1, f"{name}/"))


def loose(path: Path) -> None:
    path.mkdir()
    path.chmod(0o750)


def full(path: Path) -> None:
    path.mkdir(mode=0o700)
    (path / "thesis.tex").touch()


def link(path: Path) -> None:
    path.symlink_to(path.parent)


def dangling_link(path: Path) -> None:
    path.symlink_to("/dev/null/no")


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (loose, "is open to others (mode 0750)"),
        (full, "holds what localmesh did not make (thesis.tex)"),
        (Path.touch, "is not a folder"),
        (link, "is not a folder"),
        (dangling_link, "is not a folder"),
    ],
)
def test_a_folder_that_cannot_be_trusted_is_refused(make: object, complaint: str, short_path: Path) -> None:
    assert callable(make)
    make(short_path / "mesh")
    with pytest.raises(BadInput, match="state folder") as caught:
        StateFolder(short_path / "mesh").prepare()
    assert complaint in str(caught.value)
    assert caught.value.hint


def test_what_a_killed_supervisor_left_of_a_file_is_no_obstacle_and_goes_with_the_folder(short_path: Path) -> None:
    folder = StateFolder(short_path / "mesh")
    folder.prepare()
    folder.dashboard.with_name(".dashboard.123.draft").touch()
    folder.prepare()
    folder.remove()
    assert not folder.path.exists()


def test_a_file_that_cannot_be_put_in_place_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "taken" / "full").mkdir(parents=True)
    with pytest.raises(OSError, match="taken"):
        write(tmp_path / "taken", "content")
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_the_folder_of_somebody_else_is_refused(short_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    me = os.getuid()
    (short_path / "mesh").mkdir(mode=0o700)
    monkeypatch.setattr("localmesh.state.os.getuid", lambda: me + 1)
    with pytest.raises(BadInput, match=f"belongs to user {me}, not to you"):
        StateFolder(short_path / "mesh").prepare()


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        (Path("/dev/null/mesh"), "cannot be made: Not a directory"),
        (Path("/tmp") / ("x" * 80), "are too long for Unix sockets"),  # noqa: S108 never made
    ],
)
def test_a_folder_that_cannot_be_made_is_refused(path: Path, complaint: str) -> None:
    with pytest.raises(BadInput) as caught:
        StateFolder(path).prepare()
    assert complaint in str(caught.value)


def test_one_process_owns_the_folder_at_a_time(short_path: Path) -> None:
    folder = StateFolder(short_path)
    with folder.owned() as first, folder.owned() as second:
        assert (first, second) == (True, False)
    with folder.owned() as again:
        assert again


def test_clearing_removes_only_what_localmesh_makes(short_path: Path) -> None:
    folder = StateFolder(short_path)
    (folder.pods / "ponger-0").mkdir(parents=True)
    folder.control.touch()
    folder.log.touch()
    (short_path / "thesis.tex").touch()
    assert folder.clear() == 2
    assert sorted(entry.name for entry in short_path.iterdir()) == ["supervisor.log", "thesis.tex"]


def test_removing_leaves_no_folder(short_path: Path) -> None:
    folder = StateFolder(short_path / "mesh")
    folder.prepare()
    with folder.owned():
        folder.log.touch()
        aside(folder.log).touch()
        folder.prepare()
        folder.remove()
    assert not folder.path.exists()


def test_a_folder_is_abandoned_unless_somebody_owns_it(short_path: Path) -> None:
    folder = StateFolder(short_path / "mesh")
    folder.abandon()
    folder.prepare()
    with folder.owned():
        folder.abandon()
        assert folder.path.exists()
    folder.abandon()
    assert not folder.path.exists()
