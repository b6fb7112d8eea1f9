"""Finds what kustomize would fetch, before it runs: a proxy that nobody runs does not keep it from loopback.

kustomize loads a text that is an http(s) URL wherever a file may stand, and clones what looks like a repository.
Sources: kustomize api/internal/loader/fileloader.go, `Load`; api/internal/git/repospec.go, `NewRepoSpecFromURL`.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from meshpolicy.manifests.content import content
from meshpolicy.manifests.kustomization import kustomization_of, listed
from meshpolicy.manifests.tools import NotRendered

REMOTE = re.compile(r"://|^(!!binary|git::|gh:|github\.com[/:]|[\w.-]+@[\w.-]+:)", re.IGNORECASE)
BINARY = "tag:yaml.org,2002:binary"
TAKEN = ("resources", "bases", "components", "generators", "transformers", "validators")
"""Fields by which a kustomization takes in others. kustomize reads them in letters of any case."""
PLUGINS = ("generators", "transformers", "validators")
"""Fields that list files whose own fields name files."""
NO_PATHS = frozenset(("literals", "patch", "metadata", "labels", "commonLabels", "commonAnnotations", "images"))
"""Fields that hold no path, and that may hold an address as any text."""


def require_local(folder: Path) -> None:
    """Raise NotRendered where the kustomization of a folder, or one that it takes in, names something remote.

    `folder` is a real path, as kustomize resolves links before it joins what a kustomization names.
    """
    waiting, seen = [folder], {folder}
    while waiting:
        one = kustomization_of(here := waiting.pop())
        if one is None or not one.readable:
            raise NotRendered(f"{here.name} is listed, and its kustomization cannot be read")
        _check(one.file)
        if odd := [key for key in map(str, one.data) if key not in TAKEN and key.casefold() in TAKEN]:
            raise NotRendered(f"{one.file.name} has the unknown field {odd[0]}")
        for key in PLUGINS:
            for entry in listed(one.data, key):
                if isinstance(entry, str) and "\n" not in entry and "{" not in entry:
                    _check(one.at(entry), of=key)
        inner = {Path(os.path.realpath(path)) for path in one.folders} - seen
        seen |= inner
        waiting += inner


def _check(file: Path, of: str = "") -> None:
    if file.is_dir():
        raise NotRendered(f"its {of} are a folder, in which addresses are not looked for, and nothing is fetched")
    try:
        found = next(filter(REMOTE.search, _texts(yaml.compose_all(content(file), yaml.SafeLoader))), None)
    except (OSError, yaml.YAMLError, ValueError, RecursionError) as error:
        raise NotRendered(f"{file.name} cannot be read") from error
    if found is not None:
        raise NotRendered(f"{file.name} names {found[:80]}, which is not here, and nothing is fetched")


def _texts(nodes: Iterator[yaml.Node | None]) -> Iterator[str]:
    """Yield every text of some documents that may be a path, and those of the YAML that stands in a text."""
    waiting, seen = list(nodes), set[int]()
    kept = list(waiting)
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        kept.append(node)  # an id is another node's once its own is gone
        if isinstance(node, yaml.ScalarNode):
            yield f"!!binary {node.value}" if node.tag == BINARY else node.value
            if "\\" in node.value or "!" in node.value:  # an escape, or a tag, may hide an address
                waiting += yaml.compose_all(node.value, yaml.SafeLoader)
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            waiting += [key for key, _ in node.value]
            waiting += [value for key, value in node.value if not _is_plain_text(key)]


def _is_plain_text(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value in NO_PATHS
