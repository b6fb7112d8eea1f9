"""Reads a live cluster through kubectl. Only names of kinds and of the context go into its arguments."""

import json
import shutil
import subprocess
from contextlib import suppress

from meshpolicy.core.document import Document
from meshpolicy.core.errors import MeshPolicyError, Place
from meshpolicy.kinds.cniplugin import CONFIGS
from meshpolicy.kinds.registry import KINDS

CORE = frozenset({"namespaces", "pods", "services"})
"""Kinds that every cluster has."""


class ClusterUnreadable(MeshPolicyError):
    """A live cluster could not be read: no kubectl, or kubectl failed."""


def read_context(context: str) -> tuple[Document, ...]:
    """Return the objects of a cluster that bear on policy; kinds that it does not know are left out."""
    program = shutil.which("kubectl")
    if program is None:
        raise ClusterUnreadable("kubectl is not installed, and --context reads a cluster through it")
    known = set(_run(program, context, "api-resources", "--verbs=list", "--output=name").split())
    resources = (kind.resource for kind in KINDS.values() if kind.read is not None and not kind.template)
    kinds = ",".join(resource for resource in resources if resource in known | CORE)
    listed = json.loads(_run(program, context, "get", kinds, "--all-namespaces", "--output=json"))["items"]
    with suppress(ClusterUnreadable):  # who may read policies may not be let read this
        for name in CONFIGS:
            named = ("--all-namespaces", f"--field-selector=metadata.name={name}")
            found = json.loads(_run(program, context, "get", "configmaps", *named, "--output=json"))["items"]
            listed += [item for item in found if item.get("kind") == "ConfigMap" and item["metadata"]["name"] == name]
    return tuple(Document(Place(f"context {context}", n), item) for n, item in enumerate(listed, 1))


def current_context() -> str:
    """Return the context that kubectl uses where none is named. Raises ClusterUnreadable."""
    program = shutil.which("kubectl")
    if program is None:
        raise ClusterUnreadable("kubectl is not installed")
    asked = [program, "config", "current-context"]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0 or not done.stdout.strip():
        raise ClusterUnreadable(f"kubectl has no current context: {done.stderr.strip()}; name one with --context")
    return done.stdout.strip()


def _run(program: str, context: str, *arguments: str) -> str:
    done = subprocess.run(
        [program, f"--context={context}", *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode != 0:
        raise ClusterUnreadable(f"kubectl cannot read the context {context}: {done.stderr.strip()}")
    return done.stdout
