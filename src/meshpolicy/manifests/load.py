"""Reads YAML and JSON documents from files, folders and standard input. The only module that opens manifests."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.manifests.chart import chart_may_decide, is_chart
from meshpolicy.manifests.content import content, standard_input
from meshpolicy.manifests.folder import is_excluded, manifests_in
from meshpolicy.manifests.kustomization import Kustomization, digest, files_of, within
from meshpolicy.manifests.options import Chart, ReadOptions
from meshpolicy.manifests.text import read
from meshpolicy.record import replace


def load(
    paths: Iterable[str | Path],
    progress: Progress = no_progress,
    *,
    words: bool = False,
    options: ReadOptions | None = None,
) -> tuple[tuple[Document, ...], tuple[Problem, ...]]:
    """Return all documents of files, of folders (recursively, by name) and of `-`, and what is wrong with them.

    With `words`, a lone `y` or `n` is a text, as YAML's other readers and writers have it. With `options`, the
    variables of GitOps tools are filled in. What lies in a folder and is no manifest is a problem of the kind LEFT_OUT;
    what was not rendered, one of the kind NOT_RENDERED.
    """
    reading = _Reading(options or ReadOptions(), None if options is None else options.variables, words=words)
    read_paths = (document for path in paths for document in reading.documents(path))
    documents = itertools.chain(read_paths, *(reading.chart(chart) for chart in reading.charts))
    return tuple(progress(documents, "documents read")), tuple(reading.problems)


class _Reading:
    """Reads paths one after the other, and collects what is wrong."""

    def __init__(self, options: ReadOptions, variables: Mapping[str, str] | None, *, words: bool) -> None:
        self._options, self._variables, self._words = options, variables, words
        self._written: dict[Path, tuple[Document, ...]] = {}
        self._read: set[Path] = set()
        """Files of folders that were read: one that two kustomizations list, or that lies in two sources, is one."""
        self.problems: list[Problem] = []
        self.charts = options.charts

    def documents(self, path: str | Path) -> Iterator[Document]:
        """Yield the documents of a file, of a folder or of standard input."""
        if str(path) == "-":
            yield from self._texts("-", standard_input, self.problems)
        elif not Path(path).is_dir():
            yield from self._file(Path(path), self.problems)
        elif is_chart(Path(path)):
            yield from self.chart(Chart(str(path), Path(path).resolve().name, self._options.namespace))
        else:
            yield from self._folder(Path(path))

    def _folder(self, path: Path) -> Iterator[Document]:
        folder = manifests_in(path, self._options)
        self.problems += (*folder.unreadable, *folder.left_out)
        if not (folder.files or folder.unreadable or folder.rendered or folder.left_out):
            self.problems.append(
                Problem(Place(self._options.shown(path)), "holds no manifest (*.yaml, *.yml or *.json)")
            )
        yield from self._files(folder.files)
        for root in folder.rendered:
            yield from self._rendered(root)

    def chart(self, chart: Chart) -> Iterator[Document]:
        """Yield what a chart renders; where it cannot be rendered, say so, and whether it may hold policies."""
        from meshpolicy.manifests.render import rendered_chart  # here, as it brings tools along: files are read sooner
        from meshpolicy.manifests.tools import NotRendered

        name = self._options.shown(Path(chart.path))
        try:
            yield from rendered_chart(chart, name, self._of_text)
        except NotRendered as error:
            kind = ProblemKind.NOT_RENDERED if chart_may_decide(Path(chart.path)) else ProblemKind.LEFT_OUT
            content = digest([Path(chart.path)])
            self.problems.append(Problem(Place(name), f"not rendered: {error}", kind, digest=content, workloads=True))

    def _files(self, files: Iterable[Path]) -> Iterator[Document]:
        for file in files:
            real = file.resolve()
            if real not in self._read and not is_excluded(self._options.shown(file), self._options.excluded):
                self._read.add(real)
                yield from self._file(file, self.problems, found=True)

    def _rendered(self, root: Kustomization) -> Iterator[Document]:
        """Yield what a kustomization renders; where it cannot be rendered, what it lists."""
        from meshpolicy.manifests.render import rendered
        from meshpolicy.manifests.tools import NotRendered

        name = self._options.shown(root.folder)
        try:
            found = rendered(root, name, self._of_text, self._source)
        except NotRendered as error:
            parts = within(root)
            text = f"not rendered: {error}; what its kustomization lists was read as it is"
            content = digest(part.folder for part in parts)
            self.problems.append(Problem(Place(name), text, ProblemKind.NOT_RENDERED, digest=content))
            yield from self._files(files_of(parts))
            return
        yield from (one for one in found if not is_excluded(one.place.file, self._options.excluded))

    def _source(self, file: Path) -> tuple[Document, ...]:
        """Return the documents of a file that something is rendered from; what is wrong there is not asked."""
        if file not in self._written:
            self._written[file] = tuple(self._file(file, [], found=True))
        return self._written[file]

    def _file(self, file: Path, problems: list[Problem], *, found: bool = False) -> Iterator[Document]:
        found = found and not self._options.strict
        return self._texts(self._options.shown(file), lambda: content(file), problems, found=found)

    def _texts(
        self, name: str, text: Callable[[], bytes], problems: list[Problem], *, found: bool = False
    ) -> Iterator[Document]:
        try:
            given = text()
        except OSError as error:
            problems.append(Problem(Place(name), f"cannot be read: {error.strerror}"))
            return
        yield from self._read_text(name, given, problems, found=found)

    def _of_text(self, name: str, text: bytes) -> Iterator[Document]:
        return (replace(document, via=name) for document in self._read_text(name, text, self.problems, found=True))

    def _read_text(self, name: str, text: bytes, problems: list[Problem], *, found: bool) -> Iterator[Document]:
        """Yield the documents of a text, with what Flux gives to the folder that it lies in."""
        variables, namespace, defaults = self._variables, "", True
        for scope in (scope for scope in self._options.scopes if scope.holds(name)):
            variables = {**scope.variables, **(variables or {})}
            namespace, defaults = scope.namespace, defaults and not scope.more
        given = read(name, text, problems, words=self._words, found=found, variables=variables, defaults=defaults)
        for document in given:
            yield replace(document, namespace=namespace) if namespace else document
