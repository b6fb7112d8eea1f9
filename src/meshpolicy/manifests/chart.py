"""Helm charts that are not rendered: whether they may hold what decides access."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from meshpolicy.manifests.content import content
from meshpolicy.manifests.foreign import may_hold_policies

CHART = "Chart.yaml"
TEMPLATES = (".yaml", ".yml", ".json", ".tpl")


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
    """Whether a chart may hold policies: a template names such a kind, or a chart that it needs cannot be seen."""
    if missing_dependencies(folder) or any(folder.rglob("*.tgz")):
        return True
    return any(map(may_hold_policies, _templates(folder)))


def led_outside(folder: Path) -> Path | None:
    """Return the first entry of a chart that helm would read elsewhere: a link out of it, a pipe or a device."""
    inside = Path(os.path.realpath(folder))
    for where, inner, names in os.walk(inside):
        for path in (Path(where, name) for name in sorted((*inner, *names))):
            real = Path(os.path.realpath(path))
            if not real.is_relative_to(inside) or not (real.is_file() or real.is_dir()):
                return path.relative_to(inside)
    return None


def _templates(folder: Path) -> Iterator[str]:
    for where, _, names in os.walk(folder):
        if "templates" not in Path(where).parts:
            continue
        for name in names:
            if name.endswith(TEMPLATES):
                try:
                    text = content(Path(where, name)).decode(errors="replace")
                except OSError:
                    text = "NetworkPolicy"  # what cannot be read may be one
                yield _without_definitions(text) if name.startswith("_") else text


def _without_definitions(text: str) -> str:
    """Return a file of definitions, which yields nothing by itself, without what only calls others."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("{{"))


def _dependencies(file: Path) -> list[Any]:
    try:
        data = yaml.safe_load(content(file))
    except (OSError, yaml.YAMLError, ValueError, RecursionError):
        return []
    found = data.get("dependencies") if isinstance(data, dict) else None
    return found if isinstance(found, list) else []
