"""The image of `meshpolicy`: the steps of its Dockerfile that need no builder, run here."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import meshpolicy

from .command import ROOT

DOCKERFILE = ROOT / "src/meshpolicy/Dockerfile"
TEXT = DOCKERFILE.read_text()
ARGUMENT = re.compile(r"^ARG \w+=\S+@sha256:[0-9a-f]{64}$", re.MULTILINE)


def test_it_is_built_from_the_images_that_the_service_is_built_from() -> None:
    arguments = ARGUMENT.findall(TEXT)
    assert len(arguments) == 2
    assert arguments == ARGUMENT.findall((ROOT / "src/pingpong/Dockerfile").read_text())


def test_it_runs_as_a_number_that_is_not_root_and_installs_by_hash() -> None:
    assert re.findall(r"^USER (.*)$", TEXT, re.MULTILINE) == ["10001:10001"]
    assert [line for line in TEXT.splitlines() if "pip install" in line and "--require-hashes" not in line] == []


def test_what_its_last_step_puts_together_is_meshpolicy(tmp_path: Path) -> None:
    app = tmp_path / "app"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", app], check=True, timeout=120)
    [site] = app.glob("lib/python*/site-packages")
    (site / "needs.pth").write_text(sysconfig.get_path("purelib"))  # instead of what the step before installs
    shutil.copytree(DOCKERFILE.parent, app / "source", ignore=shutil.ignore_patterns("__pycache__"))
    step = TEXT.replace("\\\n", "").split("\nRUN ")[-1].splitlines()[0].replace("/app", str(app))
    subprocess.run(["/bin/sh", "-ec", step], env={"PATH": os.defpath}, check=True, timeout=300)
    entry = app / "bin" / "meshpolicy"
    told = subprocess.run(
        [entry, "--version"], cwd=tmp_path, env={}, check=True, capture_output=True, text=True, timeout=120
    )
    assert told.stdout == f"meshpolicy {meshpolicy.__version__}\n"
    where = "import meshpolicy; print(meshpolicy.__file__)"
    found = subprocess.run(
        [app / "bin" / "python", "-c", where],
        cwd=tmp_path,
        env={},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert Path(found.stdout.strip()).is_relative_to(app)
