"""The texts that a container is given: variables, arguments and mounted files. Pure.

References `$(NAME)` are filled in as the kubelet does (Kubernetes, third_party/forked/golang/expansion).
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from meshpolicy.core.errors import Place
from meshpolicy.core.fields import Fields
from meshpolicy.ready.address import is_address_name
from meshpolicy.ready.manifest import Manifest, Written
from meshpolicy.ready.need import NeedKind, Unseen
from meshpolicy.record import record, replace

REFERENCE = re.compile(r"\$\$|\$\((?P<name>[^()\s]+)\)")
SHELL = re.compile(r"\$(?:\{(?P<braced>[A-Za-z_]\w*)\}|(?P<plain>[A-Za-z_]\w*))")
CREDENTIAL = re.compile(
    r"(?i)(?:passwd|password|(?:^|[_.-])(?:pass|token|secret|keys?|cert|certificate|credentials?|salt|user|username"
    r"|login|email|id|region|bucket|tls|ca|crt|pem|license|jwt|seed|hash|cookie))$"
)
"""The endings of names of variables that contain no addresses."""
FLAG = re.compile(r"--?(?P<name>[A-Za-z][\w.-]*)")
TRUST = re.compile(
    r"(?i)(?:^|[_.-])(?:certs?|certificates?|tls|tokens?|root-ca|ca-bundle|trust|credentials?|htpasswd|ssh)(?:$|[_.-])"
    r"|(?:^|[_.-])keys?$"
)
"""Names of ConfigMaps and Secrets that contain no addresses."""


@record
class Value:
    """A text that a container is given."""

    kind: NeedKind
    text: str
    what: str
    """How it is shown: `CATALOG_URL`, `argument --db`, `app.yaml`."""
    place: Place
    name: str = ""
    """The name of the variable, or of the option."""
    siblings: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """All variables of the container, as host and port may be in two variables."""


Found = Value | Unseen


def values(workload: Manifest, written: Written, linked: Mapping[str, str]) -> Iterator[Found]:
    """Yield the values that the containers of a workload get, and those that cannot be read.

    `linked` are the variables that Kubernetes sets for the Services of the namespace.
    """
    pod = workload.pod
    for container in (*pod.children("initContainers"), *pod.children("containers")):
        yield from _Container(workload, container, written, linked).values()
    yield from _files(workload, pod, written)


class _Container:
    """Reads one container."""

    def __init__(self, workload: Manifest, fields: Fields, written: Written, linked: Mapping[str, str]) -> None:
        self._workload = workload
        self._fields = fields
        self._written = written
        self._known = dict(linked)

    def values(self) -> Iterator[Found]:
        """Yield the variables, then the arguments; a variable may refer to earlier ones."""
        found = [*self._from_objects(), *self._variables()]
        own = {one.name: one.text for one in found if isinstance(one, Value)}
        yield from (replace(one, siblings=own) if isinstance(one, Value) else one for one in found)
        yield from self._arguments()

    def _from_objects(self) -> Iterator[Found]:
        for entry in self._fields.children("envFrom"):
            for kind in ("ConfigMap", "Secret"):
                source = entry.child(f"{kind[0].lower()}{kind[1:]}Ref")
                if not source.has("name"):
                    continue
                held = self._written.find(kind, self._workload.namespace, source.text("name"))
                if not held:
                    yield self._unseen(source, "name", "envFrom", kind, source.text("name"))
                for key, text, place in (entry for one in held for entry in data_of(one)):
                    name = f"{entry.text('prefix')}{key}"
                    self._known[name] = text
                    yield Value(NeedKind.VARIABLE, text, name, place, name)

    def _variables(self) -> Iterator[Found]:
        for entry in self._fields.children("env"):
            name = entry.text("name")
            if entry.has("valueFrom"):
                yield from self._referenced(name, entry.child("valueFrom"))
            elif entry.has("value"):
                text = expanded(entry.text("value"), self._known)
                self._known[name] = text
                yield Value(NeedKind.VARIABLE, text, name, self._workload.place(entry, "value"), name)

    def _referenced(self, name: str, source: Fields) -> Iterator[Found]:
        """Yield a variable whose value is in another object."""
        for kind, key in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
            if not source.has(key):
                continue
            reference = source.child(key)
            held = self._written.find(kind, self._workload.namespace, reference.text("name"))
            entries = [entry for one in held for entry in data_of(one) if entry[0] == reference.text("key")]
            for _, text, place in entries:
                self._known[name] = text
                yield Value(NeedKind.VARIABLE, text, name, place, name)
            if not entries and (is_address_name(name) or not CREDENTIAL.search(name)):
                yield self._unseen(reference, "name", name, kind, reference.text("name"))
        own = {"metadata.namespace": self._workload.namespace, "status.podIP": "127.0.0.1"}
        path = source.child("fieldRef").text("fieldPath")
        if path in own:
            self._known[name] = own[path]

    def _arguments(self) -> Iterator[Found]:
        for key in ("command", "args"):
            texts = [self._in_shell(expanded(text, self._known)) for text in self._fields.texts(key)]
            for number, text in enumerate(texts):
                flag = FLAG.match(text)
                before = FLAG.fullmatch(texts[number - 1]) if number else None
                option = flag or before
                name = option["name"].replace("-", "_") if option else ""
                own = text.partition("=")[2] if flag and "=" in text and " " not in text else text
                shown = f"argument {option[0]}" if option else "argument"
                place = self._workload.place(self._fields, f"{key}[{number}]")
                if flag is None or own != text:
                    yield Value(NeedKind.ARGUMENT, own, shown, place, name)

    def _in_shell(self, text: str) -> str:
        return SHELL.sub(lambda found: self._known.get(found["braced"] or found["plain"], found[0]), text)

    def _unseen(self, fields: Fields, key: str, what: str, kind: str, name: str) -> Unseen:
        who = str(self._workload)
        why = f"its value comes from the {kind} {name}, which is not in the input, or lacks the key"
        return Unseen(self._workload.place(fields, key), who, what, why)


def expanded(text: str, known: Mapping[str, str]) -> str:
    """Return a text with its references replaced by values; `$$` is a dollar, and an unknown name is kept."""

    def value(found: re.Match[str]) -> str:
        return "$" if found["name"] is None else known.get(found["name"], found[0])

    return REFERENCE.sub(value, text)


def data_of(held: Manifest) -> Iterator[tuple[str, str, Place]]:
    """Yield the entries of a ConfigMap or a Secret, each with its place."""
    for part in ("data", "stringData"):
        entries = held.fields.child(part)
        for key, text in _texts(entries):
            encoded = held.kind == "Secret" and part == "data"
            yield key, _decoded(text) if encoded else text, held.place(entries, key)


def _texts(entries: Fields) -> Iterator[tuple[str, str]]:
    for key, value in entries.data.items():
        if isinstance(value, str):
            yield key, value


def _decoded(text: str) -> str:
    """Return the decoded text of a Secret's base64 value; empty if it is no text."""
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _files(workload: Manifest, pod: Fields, written: Written) -> Iterator[Found]:
    """Yield the ConfigMaps and Secrets that are mounted as files."""
    for volume in pod.children("volumes"):
        sources = (volume, *volume.child("projected").children("sources"))
        for source in sources:
            for kind, key, name in (("ConfigMap", "configMap", "name"), ("Secret", "secret", "secretName")):
                reference = source.child(key)
                named = reference.text(name) or reference.text("name")
                if not named:
                    continue
                held = written.find(kind, workload.namespace, named)
                for entry, text, place in (entry for one in held for entry in data_of(one)):
                    yield Value(NeedKind.FILE, text, f"{kind} {named}, {entry}", place)
                if not held and not TRUST.search(named):
                    why = f"it mounts the {kind} {named}, which is not in the input"
                    yield Unseen(workload.place(reference), str(workload), f"volume {volume.text('name')}", why)
