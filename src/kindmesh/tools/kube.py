"""The cluster, through kubectl and always with an explicit context."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kindmesh.errors import CommandFailed, Unfinished
from kindmesh.tools.command import USUAL_TIMEOUT, Output, attempt, run

Object = dict[str, Any]
"""A Kubernetes object as the API server shows it: its shape is the API's, not ours."""

OWNER = "kindmesh"
MANAGED_BY = "app.kubernetes.io/managed-by"
"""The label of a namespace that `up` created: one that was there before does not carry it."""
UNKNOWN_KIND = "the server doesn't have a resource type"


@dataclass(frozen=True, slots=True)
class Kube:
    """One cluster."""

    context: str

    def run(self, *arguments: str, stdin: str | None = None, timeout: float = USUAL_TIMEOUT) -> str:
        """Run kubectl; an error if it fails."""
        return run("kubectl", "--context", self.context, *arguments, stdin=stdin, timeout=timeout)

    def attempt(self, *arguments: str, stdin: str | None = None, timeout: float = USUAL_TIMEOUT) -> Output:
        """Run kubectl and return how it ended."""
        return attempt("kubectl", "--context", self.context, *arguments, stdin=stdin, timeout=timeout)

    def apply(self, objects: Iterable[Object]) -> int:
        """Apply objects, and return how many changed; kubectl itself fails if there are none."""
        wanted = list(objects)
        return self.apply_text(yaml.safe_dump_all(wanted)) if wanted else 0

    def apply_text(self, text: str) -> int:
        """Apply a text of documents, and return how many of them changed."""
        before = contents(self.attempt("get", "--ignore-not-found", "-o", "json", "-f", "-", stdin=text).out)
        applied = self.run(
            *("apply", "--server-side", "--force-conflicts", f"--field-manager={OWNER}"),
            *("-o", "json", "-f", "-"),
            stdin=text,
        )
        return sum(before.get(uid) != content for uid, content in contents(applied).items())

    def create(self, objects: Iterable[Object]) -> int:
        """Create objects, and return how many; CommandFailed if one exists, which is not overwritten."""
        wanted = list(objects)
        self.run("create", f"--field-manager={OWNER}", "-f", "-", stdin=yaml.safe_dump_all(wanted))
        return len(wanted)

    def get(self, *arguments: str) -> Object:
        """Return one object or a list."""
        answer: Object = json.loads(self.run("get", *arguments, "-o", "json"))
        return answer

    def items(self, *arguments: str) -> list[Object]:
        """Return the objects of a kind; none if the kind is unknown; CommandFailed if the cluster does not answer."""
        command = ("get", *arguments, "-o", "json")
        found = self.attempt(*command)
        if found.code == 0:
            return list(json.loads(found.out)["items"]) if found.out.strip() else []
        if UNKNOWN_KIND in found.err:
            return []
        raise CommandFailed(("kubectl", "--context", self.context, *command), found.text)

    def exists(self, *arguments: str) -> bool:
        """Whether an object exists; CommandFailed if the cluster does not answer."""
        return bool(self.run("get", *arguments, "--ignore-not-found", "-o", "name").strip())


def require(kube: Kube, *wanted: str) -> None:
    """Raise Unfinished unless these Deployments, each `namespace/name`, exist; CommandFailed without an answer."""
    names = [found["metadata"] for found in kube.items("--all-namespaces", "deployments")]
    there = {f"{name['namespace']}/{name['name']}" for name in names}
    if missing := [name for name in wanted if name not in there]:
        raise Unfinished(missing)


def contents(text: str) -> dict[str, Object]:
    """Return the written fields of each object, by UID: without its status and without server-side metadata."""
    if not text.strip():
        return {}
    answer = json.loads(text)
    return {found["metadata"]["uid"]: _written(found) for found in answer.get("items", [answer])}


def _written(found: Object) -> Object:
    metadata = {key: found["metadata"].get(key) for key in ("namespace", "name", "labels", "annotations")}
    return {key: value for key, value in found.items() if key != "status"} | {"metadata": metadata}


def is_owned(found: Object) -> bool:
    """Whether this package has written an object that was read with `--show-managed-fields`."""
    return any(entry.get("manager") == OWNER for entry in found["metadata"].get("managedFields", []))


def render(folder: Path) -> str:
    """Return what kustomize makes of a folder."""
    return run("kubectl", "kustomize", str(folder))


def documents(text: str) -> list[Object]:
    """Return the documents of a YAML text."""
    return [document for document in yaml.safe_load_all(text) if document]


def until(reached: Callable[[], bool], within: float, every: float = 0.5) -> bool:
    """Ask repeatedly until something is so; return whether it was in time."""
    end = time.monotonic() + within
    while not reached():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def evidence(kube: Kube, namespace: str, selector: str = "") -> str:
    """Return the states, the last events and the last log lines of a namespace's failing pods."""
    chosen = ("-l", selector) if selector else ()
    parts = [kube.attempt("-n", namespace, "get", "pods", "-o", "wide", *chosen).text]
    events = kube.attempt("-n", namespace, "get", "events", "--sort-by=.lastTimestamp").text.splitlines()
    parts.append("\n".join(line for line in events if "Normal" not in line.split()[:3])[-2000:])
    found = kube.attempt("-n", namespace, "get", "pods", "-o", "json", *chosen)
    for pod in json.loads(found.out)["items"] if found.code == 0 else ():
        statuses = [*pod["status"].get("initContainerStatuses", []), *pod["status"].get("containerStatuses", [])]
        for container in (status["name"] for status in statuses if not status["ready"]):
            log = kube.attempt("-n", namespace, "logs", pod["metadata"]["name"], "-c", container, "--tail=5").text
            parts.append(f"{pod['metadata']['name']}/{container}:\n{log}")
    return "\n".join(part for part in parts if part)
