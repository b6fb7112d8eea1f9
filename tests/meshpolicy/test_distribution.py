"""The distribution `meshpolicy`: built, installed into an environment of its own, and used there."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from email.message import Message
from importlib.metadata import distribution
from pathlib import Path

import pytest

import meshpolicy

from ..onpath import really
from .command import OWN, ROOT, run

SOURCE = ROOT / "src" / "meshpolicy"
NEEDS = {"click", "pyyaml"}
OURS = {"reference.py", "surface.py", "kinds/schemas/__main__.py", "kinds/schemas/openapi.py"}
"""What writes pages and schemas of the repository, and is not distributed."""
MOST = 720_000
"""Bytes of the wheel; docs/decisions/0010 tells why it is not 400,000."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a source distribution, from it the wheel, and return that."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder), "--target"]
    subprocess.run([*build, "sdist"], cwd=SOURCE, check=True, capture_output=True, timeout=120)
    [archive] = folder.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        for member in filter(tarfile.TarInfo.isfile, opened):
            content = opened.extractfile(member)
            assert content is not None
            (folder / member.name).parent.mkdir(parents=True, exist_ok=True)
            (folder / member.name).write_bytes(content.read())
    unpacked = folder / archive.name.removesuffix(".tar.gz")
    subprocess.run([*build, "wheel"], cwd=unpacked, check=True, capture_output=True, timeout=120)
    [found] = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """Return what the wheel says of itself."""
    with zipfile.ZipFile(wheel) as opened:
        [name] = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_string(opened.read(name).decode())


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an environment that holds the wheel, and what it needs as the lock has it: copies of what is here."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=120)
    python = folder / "bin" / "python"
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    ).stdout.strip()
    for name in NEEDS:
        for file in distribution(name).files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (Path(site) / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), Path(site) / file)
    install = ["pip", "install", "--quiet", "--no-cache", "--offline", "--no-deps", "--python", str(python), str(wheel)]
    subprocess.run([really("uv"), *install], check=True, capture_output=True, timeout=120)
    return folder


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder that holds nothing of the project, without variables that lead to it."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("PYTHON", "MYPY", "VIRTUAL_ENV", "COV_"))]:
        monkeypatch.delenv(name)
    return tmp_path


def done(*command: str | Path) -> tuple[int, str, str]:
    """Run a program; return its exit code, stdout and stderr."""
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return result.returncode, result.stdout, result.stderr


def test_the_wheel_is_small_and_holds_the_package_its_types_and_its_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        names = set(opened.namelist())
    modules = {str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.py")} - OURS
    data = {"py.typed", *(str(file.relative_to(SOURCE)) for file in SOURCE.rglob("*.json"))}
    inside = {name for name in names if ".dist-info/" not in name}
    assert inside == {f"meshpolicy/{name}" for name in modules | data}
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert (SOURCE / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert wheel.stat().st_size < MOST


def test_every_file_is_as_the_repository_has_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        inside = [name for name in opened.namelist() if ".dist-info/" not in name]
        changed = [name for name in inside if opened.read(name) != (SOURCE.parent / name).read_bytes()]
    assert changed == []


def test_every_module_is_imported(environment: Path) -> None:
    [folder] = environment.glob("lib/*/site-packages/meshpolicy")
    names = [".".join(file.relative_to(folder.parent).with_suffix("").parts) for file in folder.rglob("*.py")]
    assert done(environment / "bin" / "python", "-Ic", f"import {', '.join(names)}") == (0, "", "")


def test_it_needs_click_and_pyyaml_only_and_its_readme_is_the_package_page(metadata: Message) -> None:
    assert {need.partition(">")[0] for need in metadata.get_all("Requires-Dist", [])} == NEEDS
    assert (metadata["Name"], metadata["Version"]) == ("meshpolicy", meshpolicy.__version__)
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata.get_payload() == (SOURCE / "README.md").read_text()


@pytest.mark.usefixtures("elsewhere")
def test_what_it_needs_is_there_and_nothing_else(environment: Path) -> None:
    uv, python = really("uv"), environment / "bin" / "python"
    assert done(uv, "pip", "check", "--offline", "--python", python)[0] == 0
    listed = json.loads(done(uv, "pip", "list", "--format", "json", "--offline", "--python", python)[1])
    assert {one["name"] for one in listed} == {*NEEDS, "meshpolicy"}
    locked = (ROOT / "requirements.lock").read_text()
    assert all(f"{one['name']}=={one['version']} " in locked for one in listed if one["name"] in NEEDS)


@pytest.mark.usefixtures("elsewhere")
def test_its_command_line_answers_on_real_manifests_as_the_one_here(environment: Path) -> None:
    command = environment / "bin" / "meshpolicy"
    assert done(command, "--version") == (0, f"meshpolicy {meshpolicy.__version__}\n", "")
    for question in (("check", "pingpong/pinger", "pingpong/ponger:http/ping"), ("lint",)):
        assert done(command, *question, *OWN) == run(*question, *OWN)


def test_its_library_answers_and_is_typed(environment: Path, elsewhere: Path) -> None:
    script = elsewhere / "asks.py"
    script.write_text(
        f"""
from typing import assert_type
from meshpolicy import Answer, Proof, Verdict, __version__, accesses, check, diff, lint, prove, read

manifests = read(*{OWN!r})
answer = check(manifests, "pingpong/pinger", "pingpong/ponger:http/ping")
assert_type(answer, Answer)
assert_type(answer.verdict, Verdict)
proof = prove(manifests, "only pingpong/pinger may GET /ping on pingpong/ponger:http")
assert_type(proof, Proof)
print(__version__, answer.verdict, proof.outcome, len(accesses(manifests)), lint(manifests), diff(manifests, manifests))
"""
    )
    python = environment / "bin" / "python"
    assert done(python, script) == (0, f"{meshpolicy.__version__} allow proved 6 () ()\n", "")
    typed = [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", str(elsewhere / "cache")]
    script.write_text(f"{script.read_text()}read(1)\n")
    code, told, _ = done(*typed, "--python-executable", python, script)
    [wrong, count] = told.splitlines()
    assert 'Argument 1 to "read" has incompatible type "int"' in wrong
    assert (code, count) == (1, "Found 1 error in 1 file (checked 1 source file)")
