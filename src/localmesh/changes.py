"""Shows what `apply` would change in the running mesh."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from localmesh.control.manifests import read_manifests
from localmesh.files import write
from localmesh.supervisor.client import Client


def difference(client: Client, manifests: Iterable[Path], arguments: list[str]) -> int:
    """Print what `apply` would open and close, in requests; return the exit code of `meshpolicy diff`.

    Raises BadInput for manifests that `apply` would refuse.
    """
    from meshpolicy.cli import main

    new = read_manifests(manifests, "what runs was not changed")
    with tempfile.TemporaryDirectory() as folder:
        sides = {"running.yaml": client.manifests(), "files.yaml": new.to_yaml()}
        paths = [str(Path(folder) / name) for name in sides]
        for path, text in zip(paths, sides.values(), strict=True):
            write(Path(path), text)
        try:
            main(["diff", *paths, *arguments], prog_name="just")
        except SystemExit as ended:
            code = ended.code
    return code if isinstance(code, int) else 0
