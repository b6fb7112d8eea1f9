"""The folder of evidence: one JSON file a document, the tenets, and the SHA-256 of each file."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from meshup.evidence.document import Document
from meshup.evidence.tenets import TENETS, Fact

SUMS = "SHA256SUMS"
"""Read by `sha256sum --check`; it also marks a folder as evidence, which may be written anew."""


class FolderTaken(Exception):
    """The folder holds something that is no evidence."""


def claim(folder: Path) -> None:
    """Raise FolderTaken where the folder holds something that is no evidence."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / SUMS).is_file())):
        raise FolderTaken(f"{folder}: holds something else; name a new folder, or an old one of evidence")


def write(folder: Path, about: Mapping[str, Any], documents: Sequence[Document], facts: Sequence[Fact]) -> None:
    """Write the folder anew. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{document.name}.json": document.to_json() for document in documents}
    texts["tenets.json"] = json.dumps({**about, "tenets": tenets(facts)}, indent=2) + "\n"
    for name, text in texts.items():
        (folder / name).write_text(text)
    sums = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}" for name, text in sorted(texts.items())]
    (folder / SUMS).write_text("\n".join(sums) + "\n")


def tenets(facts: Sequence[Fact]) -> list[dict[str, Any]]:
    """Return the tenets in order, each with its facts."""
    return [
        {"tenet": number, "title": title, "facts": [asdict(fact) for fact in facts if fact.tenet == number]}
        for number, title in TENETS.items()
    ]
