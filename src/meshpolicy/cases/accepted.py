"""The file of accepted access, with owner, reason and expiry; any access beyond it is a failure."""

import os
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import yaml

from meshpolicy.analysis import words
from meshpolicy.analysis.access import Access
from meshpolicy.analysis.calls import NOT_COMPUTED
from meshpolicy.analysis.clients import ANYONE
from meshpolicy.analysis.excess import Allowed, Excess, held_against, pods_let_through
from meshpolicy.analysis.phrases import InvalidPhrase, read_asked, read_clients
from meshpolicy.analysis.port import Port
from meshpolicy.analysis.regions import ANYTHING
from meshpolicy.core.errors import InvalidInput, Place, Problem
from meshpolicy.core.fields import Fields
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.load import load
from meshpolicy.manifests.paths import display_path
from meshpolicy.record import record, replace

WHOLE = (words.EVERYTHING, words.CONNECTIONS, words.ANYTHING)
FORMAT = 2
"""The format of the file; since format 2, the words of an entry say exactly which requests are accepted."""


@record
class Accepted:
    """One accepted access; an empty `expires` means that it does not expire."""

    server: str
    port: int
    client: str
    what: str
    pods: tuple[str, ...] = ()
    """The pods that the access is limited to, if NetworkPolicies select them; empty for all."""
    owner: str = ""
    reason: str = ""
    expires: str = ""
    place: Place | None = None
    allowed: Allowed | None = None
    """The calls that the entry's words mean."""
    migrated: bool = False
    """Whether the entry has the old format, and means anything that the port accepts."""

    @property
    def key(self) -> "Key":
        """Return what identifies the entry."""
        return self.server, self.port, self.client, self.what, self.pods

    def __str__(self) -> str:
        pods = f" (from {', '.join(self.pods)})" if self.pods else ""
        return f"{self.client}{pods} -> {self.server}:{self.port} {self.what}"


@record
class Written:
    """The changes to a file of accepted access."""

    new: tuple[Accepted, ...]
    gone: tuple[Accepted, ...]
    """The removed entries, for access that is not granted any more."""
    left_out: tuple[str, ...] = ()
    """Access that may be granted but cannot be written as an entry."""
    unsure: tuple[str, ...] = ()
    """The written pods that NetworkPolicies may block, each line with the port that they may call."""


def read_accepted(path: str, settings: MeshSettings) -> tuple[Accepted, ...]:
    """Return the entries of a file; raise InvalidInput with all of its mistakes.

    In files without `format`, `every request` and `connections` meant anything that the port takes.
    """
    documents, found = load([path])
    problems = list(found)
    entries: list[Accepted] = []
    for other in [one for one in documents if "access" not in one.data][:1]:  # the rest of a wrong file is no news
        Fields(other.data, other.place, problems).note("access", "is missing: this is not a file of accepted access")
    for document in documents:
        fields = Fields(document.data, document.place, problems)
        old = not fields.integer("format")
        entries += [_entry(entry, settings, old=old) for entry in fields.children("access")]
    if problems:
        raise InvalidInput(tuple(problems))
    return tuple(entries)


def _entry(entry: Fields, settings: MeshSettings, *, old: bool) -> Accepted:
    for key in ("owner", "reason"):
        if not entry.text(key):
            entry.note(key, "is missing: say who answers for this access, and why it is needed")
    expires = entry.text("expires")
    try:
        if expires:
            date.fromisoformat(expires)
    except ValueError:
        entry.note("expires", f"is `{expires}`, where a day such as 2027-01-31 is expected")
    port = entry.port("port")
    server, client, what = entry.required("server"), entry.required("client"), entry.required("requests")
    migrated = old and what in WHOLE
    if migrated:
        what = words.ANYTHING
    number = port if isinstance(port, int) else 0
    pods, allowed = entry.texts("pods"), None
    for key, read in (("client", lambda: read_clients(client, settings)), ("requests", lambda: read_asked(what))):
        try:
            read()
        except InvalidPhrase as error:
            entry.note(key, str(error))
            break
    else:
        allowed = Allowed(server, number, read_clients(client, settings), read_asked(what), pods)
    said = entry.text("owner"), entry.text("reason"), expires
    return Accepted(server, number, client, what, pods, *said, entry.place, allowed, migrated)


def violations(cluster: Cluster, accepted: Sequence[Accepted], today: date | None = None) -> list[str]:
    """Return the failures: access that is not accepted, expired entries, and entries for access that is not granted."""
    today = today or datetime.now(UTC).date()
    excess, stale = held_against(cluster, [entry.allowed for entry in accepted if entry.allowed is not None])
    faults = [f"not accepted: {_excess(one, cluster.settings)}" for one in excess]
    for at, entry in enumerate(accepted):
        if entry.expires and date.fromisoformat(entry.expires) < today:
            faults.append(f"{entry.place}: expired on {entry.expires}: {entry.client} -> {entry.server}:{entry.port}")
        if at in stale:
            faults.append(f"{entry.place}: accepts what is not granted: {entry.client} -> {entry.server}:{entry.port}")
    return faults


def _excess(excess: Excess, settings: MeshSettings) -> str:
    server = f"{excess.server.namespaced_name}:{excess.port}"
    if excess.region is None:
        return f"{server}: {excess.reason}"
    region = excess.region
    pods = f" ({words.from_words(region.pods)})" if region.pods else ""
    client = words.clients_words(region.clients, settings)
    shown = words.witness_words(region.witness, settings)
    return f"{client}{pods} -> {server} {words.asked_words(region.asked)} (for example {shown})"


def write_accepted(
    path: str, cluster: Cluster, found: Iterable[Access], owner: str, reason: str, expires: str
) -> Written:
    """Write the access that is granted now, keeping owner, reason and expiry of existing entries."""
    before = read_accepted(path, cluster.settings) if Path(path).is_file() else ()
    known = _Known(before)
    rows = dict(_rows(cluster, found))
    granted = sorted(rows)
    kept = {key: known.entry(key) for key in granted}
    perhaps, left_out = _perhaps(cluster, [known.entry(key) or Accepted(*key) for key in granted])
    kept |= {key: known.entry(key) for key in perhaps}
    entries = [kept[key] or Accepted(*key, owner, reason, expires) for key in sorted(kept)]
    content = {"format": FORMAT, "access": [_fields(entry) for entry in entries]}
    try:
        _replace(Path(path), yaml.safe_dump(content, sort_keys=False, width=100))
    except OSError as error:
        raise InvalidInput((Problem(Place(display_path(path)), f"cannot be written: {error.strerror}"),)) from error
    used = {entry.place for entry in kept.values() if entry is not None}
    return Written(
        tuple(entry for entry in entries if kept.get(entry.key, entry) is None),
        tuple(entry for entry in before if entry.place not in used),
        tuple(left_out),
        tuple(dict.fromkeys(f"{key[0]}:{key[1]}: {', '.join(pods)}" for key, pods in rows.items() if pods)),
    )


Key = tuple[str, int, str, str, tuple[str, ...]]


class _Known:
    """The existing entries of a file."""

    def __init__(self, before: Iterable[Accepted]) -> None:
        self._new = {entry.key: entry for entry in before if not entry.migrated}
        self._old = {entry.key[:3]: entry for entry in before if entry.migrated}

    def entry(self, key: Key) -> Accepted | None:
        """Return the entry for an access; one of the old form has the words that are used now.

        One that names no pods means all of them, and stays.
        """
        if key in self._new:
            return self._new[key]
        if (wider := self._new.get((*key[:4], ()))) is not None:
            return wider
        before = self._old.get(key[:3]) if key[3] in WHOLE else None
        return None if before is None else replace(before, what=key[3], pods=key[4])


def _rows(cluster: Cluster, found: Iterable[Access]) -> Iterator[tuple[Key, tuple[str, ...]]]:
    """Yield what is granted, with the pods of it that may be blocked.

    Where nothing is known of a port, its words would mean anything, and it is left out.
    """
    workloads = {workload.ref: workload for workload in cluster.workloads}
    for access in found:
        if access.unknown and (access.clients, access.asked) == (ANYONE, ANYTHING):
            continue
        server, port, client, what = words.access_words(replace(access, admitted_by=()), cluster.settings)
        try:
            pods, unsure = pods_let_through(Port(cluster, workloads[access.server], access.port), access.clients)
            _allowed(Accepted(server, int(port), client, what), cluster.settings)
        except (*NOT_COMPUTED, InvalidPhrase):  # what is granted and not written is told
            continue
        if pods != ():
            yield (server, int(port), client, what, pods or ()), unsure


def _perhaps(cluster: Cluster, entries: Iterable[Accepted]) -> tuple[list[Key], list[str]]:
    """Return the access that may be granted beyond some entries, and that which cannot be written as an entry."""
    keys, left_out = list[Key](), list[str]()
    excess, _ = held_against(cluster, [_allowed(entry, cluster.settings) for entry in entries])
    for one in excess:
        key = _key(one, cluster.settings)
        try:
            if key is not None:
                _allowed(Accepted(*key), cluster.settings)
        except InvalidPhrase:
            key = None
        if key is None:
            left_out.append(_excess(one, cluster.settings))
        else:
            keys.append(key)
    return keys, left_out


def _key(excess: Excess, settings: MeshSettings) -> Key | None:
    region = excess.region
    if region is None:
        return None
    pods = tuple(dict.fromkeys(name for one in region.pods for name in words.class_words(one)))
    client, what = words.clients_words(region.clients, settings), words.asked_words(region.asked)
    return excess.server.namespaced_name, excess.port, client, what, pods


def _allowed(entry: Accepted, settings: MeshSettings) -> Allowed:
    """Return what the words of an entry mean. Raises InvalidPhrase."""
    return entry.allowed or Allowed(
        entry.server, entry.port, read_clients(entry.client, settings), read_asked(entry.what), entry.pods
    )


def _fields(entry: Accepted) -> dict[str, object]:
    fields: dict[str, object] = {"server": entry.server, "port": entry.port, "client": entry.client}
    fields |= {"requests": entry.what} | ({"pods": list(entry.pods)} if entry.pods else {})
    fields |= {"owner": entry.owner, "reason": entry.reason}
    return fields | ({"expires": entry.expires} if entry.expires else {})


def _replace(path: Path, text: str) -> None:
    """Replace a file by a text atomically: if it is interrupted, or the disk is full, the old file is kept."""
    path = path.resolve()  # keep a symbolic link
    if path.exists() and not path.is_file():  # /dev/null, a pipe
        path.write_text(text)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    with draft.open("x") as file:
        try:
            file.write(text)
            file.flush()
            if path.exists():
                draft.chmod(path.stat().st_mode)
            draft.replace(path)
        except BaseException:
            draft.unlink()
            raise
