"""Renders kustomizations and charts into documents, each with the place of the file that it comes from."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.manifests.chart import asking, led_outside, missing_dependencies
from meshpolicy.manifests.kustomization import Kustomization
from meshpolicy.manifests.options import Chart
from meshpolicy.manifests.remote import require_local
from meshpolicy.manifests.tools import NotRendered, helm_template, kustomize
from meshpolicy.record import replace

ORIGIN = "config.kubernetes.io/origin"
SEPARATOR = re.compile(r"^---.*$", re.MULTILINE)
SOURCE = re.compile(r"^# Source: (\S+)$", re.MULTILINE)
Read = Callable[[str, bytes], Iterator[Document]]
"""Reads the documents of a text, under a name."""


def rendered(
    root: Kustomization, name: str, read: Read, source: Callable[[Path], tuple[Document, ...]]
) -> list[Document]:
    """Return what a kustomization renders. Raises NotRendered.

    `source` returns the documents of a file as it is written: an object has the place of the one that it comes from.
    """
    folder = os.path.realpath(root.folder)
    require_local(Path(folder))
    with tempfile.TemporaryDirectory(prefix="meshpolicy-") as made:
        base = Path(os.path.realpath(made))
        content = {"resources": [os.path.relpath(folder, base)], "buildMetadata": ["originAnnotations"]}
        (base / "kustomization.yaml").write_text(yaml.safe_dump(content))
        text = kustomize(str(base))
        return [_placed(document, base, root, source) for document in read(name, text)]


def _placed(
    document: Document, base: Path, root: Kustomization, source: Callable[[Path], tuple[Document, ...]]
) -> Document:
    """Return a rendered document without the annotation of its origin, at the place of the object that it was."""
    data, origin = _without_origin(document.data)
    path = re.search(r"^path: (.+)$", origin, re.MULTILINE)
    written = _written(data, source(_near(base, path[1], root))) if path else None
    if written is None:
        return replace(document, data=data, line_of=None, place=Place(document.place.file, document.place.document))
    return replace(written, data=data, via=document.place.file, unset=document.unset, namespace=document.namespace)


def _near(base: Path, path: str, root: Kustomization) -> Path:
    """Return a path as the user wrote it, where the folder of the kustomization is a link."""
    real = os.path.normpath(base / path)
    return Path(os.path.normpath(root.folder / os.path.relpath(real, os.path.realpath(root.folder))))


def _without_origin(data: Mapping[str, object]) -> tuple[Mapping[str, object], str]:
    metadata: Any = data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or ORIGIN not in annotations:
        return data, ""
    others = {key: value for key, value in annotations.items() if key != ORIGIN}
    kept = {key: value for key, value in metadata.items() if key != "annotations"}
    return {**data, "metadata": {**kept, "annotations": others} if others else kept}, str(annotations[ORIGIN])


def _written(data: Mapping[str, object], documents: tuple[Document, ...]) -> Document | None:
    """Return the document of a file that became an object: of its kind, and of its name but for prefix and suffix."""
    kind, name = data.get("kind"), _name(data)
    same = [document for document in documents if document.data.get("kind") == kind]
    exact = [document for document in same if _name(document.data) == name]
    part = [document for document in same if _name(document.data) in name]
    found = exact or part or same
    return found[0] if len(found) == 1 or exact else None


def _name(data: Mapping[str, object]) -> str:
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return name if isinstance(name, str) else ""


def rendered_chart(chart: Chart, name: str, read: Read) -> list[Document]:
    """Return what a chart renders, each object at the template that helm says it is of. Raises NotRendered."""
    if missing := missing_dependencies(Path(chart.path)):
        raise NotRendered(
            f"the chart needs {', '.join(missing)}, which is not in its charts/; `helm dependency build` fetches it"
        )
    if (path := led_outside(Path(chart.path))) is not None:
        raise NotRendered(f"{path} of the chart is a link out of it, or no regular file")
    if (asks := asking(Path(chart.path))) is not None:
        raise NotRendered(
            f"{asks} of the chart asks the cluster by `lookup` what it renders; read what "
            "`helm template --dry-run=server` renders"
        )
    text = helm_template(str(Path(chart.path).absolute()), chart.release, chart.namespace, _absolute(chart.values))
    parts = [part for part in SEPARATOR.split(text.decode(errors="replace")) if part.strip()]
    found: list[Document] = []
    for number, part in enumerate(parts, 1):
        source = SOURCE.search(part)
        file = os.path.join(name, *source[1].split("/")[1:]) if source else name  # noqa: PTH118 # a name, not a path
        for document in read(name, part.encode()):
            place = Place(file, number)
            found.append(replace(document, place=place, line_of=None))
    return found


def _absolute(paths: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(Path(path).absolute()) for path in paths)
