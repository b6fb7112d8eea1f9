"""The project's file in the two states of a review: the file of the old state says how both are read."""

import os
from functools import partial
from pathlib import Path

from meshpolicy.core.errors import InvalidInput
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.manifests.revisions import holds, is_revision, laid_out
from meshpolicy.project.project import Project
from meshpolicy.project.read import read_project
from meshpolicy.record import record, replace


@record
class Chosen:
    """The settings with which a review reads both states."""

    project: Project
    doubt: str = ""
    """How the change affects the file; empty if it changes neither what is read nor which findings are reported."""


def project_of(file: Path, old: str, new: str) -> Chosen:
    """Return the settings of the old state's file; without one, those of the new state's, or of the current file.

    A change must not decide how it is reviewed, so a difference between the states is a doubt.
    Raises InvalidInput for a file that cannot be read; for that of the old state, it is a doubt if the new state
    has one.
    """
    name = os.path.relpath(file)
    if name.startswith(os.pardir):  # not part of any change
        return Chosen(read_project(str(file)))
    before, after = _holds(old, name), _holds(new, name)
    if not before:
        told = _read(new if after else ".", name)
        return Chosen(told, f"the change adds {name}, which says how it is reviewed" if after else "")
    after_it = _read(new, name) if after else None
    try:
        told = _read(old, name)
    except InvalidInput:
        if after_it is None:
            raise
        return Chosen(after_it, f"{name} of {old} cannot be read, so {name} of {new} says how both are read")
    if after_it is not None and _deciding(told) == _deciding(after_it):
        return Chosen(told)
    what = f"changes what {name} says of reading and suppressing" if after else f"removes {name}"
    return Chosen(told, f"the change {what}; both states were read as {name} of {old} says")


def _holds(state: str, name: str) -> bool:
    if Path(state).exists():
        return Path(state, name).is_file()
    return is_revision(state) and holds(state, name)


def _read(state: str, name: str) -> Project:
    """Read the file of a state, with paths relative to the state's own folder."""
    if Path(state).exists():
        return _from(read_project(str(Path(state, name))), Path(state))
    with laid_out(state, [name]) as found:
        return _from(read_project(str(found.at(name))), found.here)


def _from(project: Project, folder: Path) -> Project:
    options, relative = project.options, partial(os.path.relpath, start=folder)
    charts = tuple(
        replace(one, path=relative(one.path), values=tuple(map(relative, one.values))) for one in options.charts
    )
    overlays = tuple(map(relative, options.overlays))
    sources = tuple(map(relative, project.sources))
    return replace(project, sources=sources, options=replace(options, overlays=overlays, charts=charts))


def _deciding(project: Project) -> tuple[tuple[str, ...], ReadOptions, object, object]:
    """Return everything that decides what is read and which findings are reported."""
    suppressed = {(one.code, one.object, one.expires) for one in project.suppressions}
    return project.sources, project.options, project.settings, suppressed
