"""Makes a first `meshpolicy.yaml` from the files in a folder. Returns text; reads files and writes none."""

import os
from collections.abc import Iterator
from pathlib import Path

import yaml

from meshpolicy.manifests.chart import CHART
from meshpolicy.manifests.content import content
from meshpolicy.manifests.folder import HIDDEN, SUFFIXES
from meshpolicy.manifests.foreign import may_be_manifest
from meshpolicy.manifests.kustomization import NAMES
from meshpolicy.project.read import FILE
from meshpolicy.project.schema import FILE as SCHEMA
from meshpolicy.record import record

ASIDE = frozenset({"tests", "test", "testdata", "examples", "docs", "node_modules", "vendor"})
"""Names of folders whose manifests are usually not deployed."""
REST = """\
# What may stand here besides: how the mesh was installed, sentences to prove, access that was agreed to (written by
# `meshpolicy accept`), and findings that are meant so, each with the reason.
# cluster: {defaultInboundPolicy: deny}
# prove:
#   - every call of NAMESPACE is encrypted
# accepted: accepted.yaml
# suppress:
#   - {code: MP035, object: Server NAMESPACE/NAME, reason: WHY, expires: 2027-01-31}
"""


@record
class Found:
    """The manifests and other inputs in a folder."""

    sources: tuple[str, ...]
    charts: tuple[str, ...]
    aside: tuple[str, ...]
    """Folders whose manifests are usually not deployed."""


def found_in(folder: Path) -> Found:
    """Return the inputs in a folder, by the names and contents of its files."""
    sources: list[str] = []
    charts: list[str] = []
    aside: list[str] = []
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(HIDDEN) or entry.name == FILE:
            continue
        files = list(_files(entry))
        if any(map(_is_manifest, files)):
            (aside if entry.name in ASIDE else sources).append(entry.name)
        if entry.name not in ASIDE:
            charts += [str(file.parent.relative_to(folder)) for file in files if file.name == CHART]
    whole = [one for one in charts if not any(one.startswith(f"{other}/") for other in charts)]
    return Found(tuple(sources), tuple(whole), tuple(aside))


def _files(entry: Path) -> Iterator[Path]:
    if entry.is_file():
        yield entry
        return
    for where, inner, names in os.walk(entry):
        inner[:] = sorted(name for name in inner if not name.startswith(HIDDEN))
        yield from (Path(where, name) for name in sorted(names))


def _is_manifest(file: Path) -> bool:
    if file.name in (*NAMES, CHART):
        return True
    try:
        return file.name.endswith(SUFFIXES) and may_be_manifest(content(file).decode(errors="replace"))
    except OSError:
        return False


def first_project(found: Found) -> str:
    """Return the text of the first `meshpolicy.yaml`."""
    lines = [
        f"# yaml-language-server: $schema={SCHEMA}",
        "# What meshpolicy reads here, and what must hold: `meshpolicy run` checks all of it, by hand and in CI.",
        f"sources: {_listed(found.sources)}",
    ]
    if found.aside:
        lines.append(f"# Left out, for they seldom hold what runs: {', '.join(found.aside)}")
    if found.charts:
        lines.append("# Helm renders charts with values, which only you know:")
        lines.append("# renders:")
        lines += [f"#   - {{helm: {_listed(one)}, release: {_listed(Path(one).name)}}}" for one in found.charts]
    return "\n".join(lines) + "\n" + REST


def _listed(value: object) -> str:
    """Return a value as YAML on one line."""
    shown = list(value) if isinstance(value, tuple) else value
    return yaml.safe_dump(shown, default_flow_style=True, width=10**6, allow_unicode=True).strip().removesuffix("\n...")
