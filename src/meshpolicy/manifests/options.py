"""How files are read: which are left out, what is filled in, which overlay is chosen. A pure value."""

from collections.abc import Callable, Mapping
from dataclasses import field
from pathlib import Path

from meshpolicy.manifests.gitops import Scope
from meshpolicy.manifests.paths import display_path
from meshpolicy.record import record


@record
class Chart:
    """A Helm chart to be rendered, and with what."""

    path: str
    release: str
    namespace: str = ""
    """Empty: that of the objects is left as the chart has it."""
    values: tuple[str, ...] = ()
    """Files, a later one before an earlier."""


@record
class ReadOptions:
    """How files are read."""

    excluded: tuple[str, ...] = ()
    """Patterns of files that are left out."""
    namespace: str = ""
    """The namespace of objects that name none; empty: `default`."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Values of the variables that a GitOps tool would fill in."""
    closed: bool = False
    """Whether the cluster has no other objects than those that are read."""
    revision: str = ""
    """The git revision in which the files are read; empty: as they are now."""
    overlays: tuple[str, ...] = ()
    """Folders with a kustomization that are rendered, where a source holds several; none: all of them."""
    charts: tuple[Chart, ...] = ()
    """Charts that are rendered beside the sources."""
    scopes: tuple[Scope, ...] = ()
    """Folders with variables and a namespace of their own; `variables` come first."""
    strict: bool = False
    """Whether what is no manifest is an error in a folder, too, as in a file that is named itself."""
    shown: Callable[[Path], str] = field(default=display_path, compare=False)
    """How messages name a file."""


AS_IT_IS = ReadOptions()
"""Nothing is left out, filled in or chosen."""
