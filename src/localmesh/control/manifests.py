"""Reads the manifests, and reports every problem in them before anything starts."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from localmesh.errors import BadInput
from meshpolicy.core.document import Document
from meshpolicy.core.errors import ProblemKind
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.load import load
from meshpolicy.manifests.options import ReadOptions
from meshpolicy.manifests.parse import parse_documents

STRICT = ReadOptions(strict=True)
PASSED_OVER = (ProblemKind.LEFT_OUT, ProblemKind.NOT_RENDERED, ProblemKind.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class Manifests:
    """Valid documents, and the cluster that they describe."""

    cluster: Cluster
    documents: tuple[Document, ...]

    def to_yaml(self) -> str:
        """Return the documents as one YAML text; each is written as JSON, which is valid YAML."""
        return "".join(f"---\n{json.dumps(document.data)}\n" for document in self.documents)


def read_manifests(paths: Iterable[Path], so_far: str = "nothing was started") -> Manifests:
    """Return the manifests; raises BadInput with every problem in them, and `so_far`, which says what was done."""
    documents, unreadable = load(paths, options=STRICT)
    manifests = parse_documents(documents, before=unreadable, closed=True)
    cluster = manifests.cluster
    # Everything that runs comes from the manifests: skipping a file would silently leave its objects out.
    reasons = [str(problem) for problem in unreadable if problem.kind in PASSED_OVER]
    reasons += [str(problem) for problem in manifests.wrong]
    # A policy may name an account of another cluster, but no pod is created for an account that does not exist.
    reasons += _unknown_accounts(cluster, documents)
    if reasons:
        raise BadInput(*reasons, hint=f"fix these errors; {so_far}")
    return Manifests(cluster, tuple(documents))


def _unknown_accounts(cluster: Cluster, documents: Iterable[Document]) -> list[str]:
    known = {_name(document) for document in documents if document.data.get("kind") == "ServiceAccount"}
    return [
        f"{workload.ref.place}: spec.serviceAccountName names ServiceAccount {workload.ref.namespace}/"
        f"{workload.service_account}, which the manifests do not have"
        for workload in cluster.workloads
        if workload.service_account != "default" and (workload.ref.namespace, workload.service_account) not in known
    ]


def _name(document: Document) -> tuple[object, object]:
    metadata = document.data.get("metadata")
    found = metadata if isinstance(metadata, dict) else {}
    return found.get("namespace") or "default", found.get("name")
