"""Runs the command line in this process, on the project's own manifests or on others that it writes."""

from pathlib import Path

import yaml
from click.testing import CliRunner

from meshpolicy.cli import main

from .build import Manifest

ROOT = Path(__file__).parents[2]
OWN = tuple(str(ROOT / part) for part in ("k8s/base", "mesh/policies", "mesh/ingress"))


def run(*arguments: str | Path, columns: int = 120) -> tuple[int, str, str]:
    """Return exit code, stdout and stderr; an exception other than the program's own end is raised."""
    shown = {"COLUMNS": str(columns)}
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], env=shown)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def written(folder: Path, name: str, *manifests: Manifest) -> Path:
    """Write manifests into a file of their own."""
    file = folder / name
    file.write_text(yaml.safe_dump_all(manifests))
    return file
