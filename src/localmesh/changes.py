"""What people do to a mesh that runs: `apply`, `diff`, and in which words they are told of it."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from localmesh.control.manifests import read_manifests
from localmesh.files import write
from localmesh.supervisor.client import Client
from localmesh.views import Applied

MOST = 5
"""Names in a list; the rest is counted."""


def words(applied: Applied) -> str:
    """Return what new manifests have changed, as one line."""
    if not applied:
        return "Nothing has changed."
    parts = {
        "updated": applied.updated,
        "started": applied.started,
        "replaced": applied.replaced,
        "stopped": applied.stopped,
    }
    done = "; ".join(f"{what} {_listed(names)}" for what, names in parts.items() if names)
    return f"Applied in {applied.seconds * 1000:.0f} ms: {done}."


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more} more" if more > 0 else "")


def difference(client: Client, manifests: Iterable[Path], arguments: list[str]) -> int:
    """Print what `apply` would open and close, in requests; return the exit code of `meshpolicy diff`.

    Raises BadInput for manifests that `apply` would refuse.
    """
    from meshpolicy.cli.diff import command

    new = read_manifests(manifests, "what runs was not changed")
    with tempfile.TemporaryDirectory() as folder:
        sides = {"running.yaml": client.manifests(), "files.yaml": new.to_yaml()}
        paths = [str(Path(folder) / name) for name in sides]
        for path, text in zip(paths, sides.values(), strict=True):
            write(Path(path), text)
        try:
            command.main([*paths, *arguments], prog_name="just diff")
        except SystemExit as ended:
            code = ended.code
    return code if isinstance(code, int) else 0
