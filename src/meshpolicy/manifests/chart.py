"""Helm charts that are not rendered: whether they may hold what decides access."""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from meshpolicy.manifests import foreign
from meshpolicy.manifests.content import content

CHART = "Chart.yaml"
PLAIN = (".yaml", ".yml", ".json")
NOTES = "NOTES.txt"
"""What a template is called that is printed, and not applied."""
LOOKUP = re.compile(r"\blookup\s+[\"`$.(]")
"""A call of helm's function that asks the cluster for an object."""


def is_chart(folder: Path) -> bool:
    """Whether a folder is a Helm chart."""
    return (folder / CHART).is_file()


def missing_dependencies(folder: Path) -> tuple[str, ...]:
    """Return the charts that a chart depends on, and that do not lie in its `charts/`."""
    names = [
        name if isinstance(name := entry.get("name", ""), str) else ""
        for file in (CHART, "requirements.yaml")
        for entry in _dependencies(folder / file)
        if isinstance(entry, dict)
    ]
    there = [path.name for path in (folder / "charts").glob("*")] if (folder / "charts").is_dir() else []
    return tuple(
        name for name in dict.fromkeys(names) if not any(one == name or one.startswith(f"{name}-") for one in there)
    )


def chart_may_decide(folder: Path) -> bool:
    """Whether a chart may hold policies: a file names such a kind, or a chart that it needs cannot be seen."""
    if missing_dependencies(folder) or any(folder.rglob("*.tgz")):
        return True
    return any(may(file) for file, may in _files(folder))


def asking(folder: Path) -> Path | None:
    """Return the first file of a chart that may hold policies and asks the cluster: `helm template` answers nothing."""
    for file, may in _files(folder):
        text = _text(file) if may is _template_may_decide else None
        if text is not None and LOOKUP.search(text) and may(file):
            return file.relative_to(folder)
    return None


def led_outside(folder: Path) -> Path | None:
    """Return the first entry of a chart that helm would read elsewhere: a link out of it, a pipe or a device."""
    inside = Path(os.path.realpath(folder))
    for where, inner, names in os.walk(inside):
        for path in (Path(where, name) for name in sorted((*inner, *names))):
            real = Path(os.path.realpath(path))
            if not real.is_relative_to(inside) or not (real.is_file() or real.is_dir()):
                return path.relative_to(inside)
    return None


def _files(folder: Path) -> Iterator[tuple[Path, Callable[[Path], bool]]]:
    """Yield the files that may hold policies, each with what tells whether it does."""
    for where, _, names in os.walk(folder):
        templates = "templates" in Path(where).relative_to(folder).parts
        for file in (Path(where, name) for name in names):
            if templates and not file.name.endswith(NOTES):
                yield file, _template_may_decide
            elif file.name.endswith(PLAIN) and foreign.label(file.name, {}) == foreign.OTHER:
                yield file, _plain_may_decide


def _template_may_decide(file: Path) -> bool:
    text = _text(file)
    may = foreign.definitions_may_hold_policies if file.name.startswith("_") else foreign.may_hold_policies
    return text is None or may(text)


def _plain_may_decide(file: Path) -> bool:
    text = _text(file)
    return text is None or foreign.plain_may_hold_policies(text)


def _text(file: Path) -> str | None:
    """Return what a file holds; None where it cannot be read, and may be anything."""
    try:
        return foreign.readable(content(file).decode(errors="replace"))
    except OSError:
        return None


def _dependencies(file: Path) -> list[Any]:
    try:
        data = yaml.safe_load(content(file))
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return []
    found = data.get("dependencies") if isinstance(data, dict) else None
    return found if isinstance(found, list) else []
