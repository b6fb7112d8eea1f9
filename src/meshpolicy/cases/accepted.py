"""A file of the access that someone has accepted, with owner, reason and expiry: more than it lists fails."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import yaml

from meshpolicy.analysis import words
from meshpolicy.analysis.access import Access
from meshpolicy.analysis.excess import Allowed, Excess, held_against
from meshpolicy.analysis.phrases import InvalidPhrase, read_asked, read_clients
from meshpolicy.core.errors import InvalidInput, Place, Problem
from meshpolicy.core.fields import Fields
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.load import load
from meshpolicy.manifests.paths import display_path
from meshpolicy.record import record

WHOLE = (words.EVERYTHING, words.CONNECTIONS, words.ANYTHING)
FORMAT = 2
"""The form of the file: since it is 2, the words of an entry say exactly which requests are meant."""


@record
class Accepted:
    """One access that is accepted; an empty `expires` never ends."""

    server: str
    port: int
    client: str
    what: str
    owner: str = ""
    reason: str = ""
    expires: str = ""
    place: Place | None = None
    allowed: Allowed | None = None
    """What its words mean."""
    migrated: bool = False
    """Whether it is of the old form, and meant anything that the port takes."""

    @property
    def key(self) -> tuple[str, int, str, str]:
        """Return what tells it from other entries."""
        return self.server, self.port, self.client, self.what

    def __str__(self) -> str:
        return f"{self.client} -> {self.server}:{self.port} {self.what}"


@record
class Written:
    """What a file of accepted access has gained and lost."""

    new: tuple[Accepted, ...]
    gone: tuple[Accepted, ...]
    """Entries for what is not granted any more, with what they said."""


def read_accepted(path: str, settings: MeshSettings) -> tuple[Accepted, ...]:
    """Return the entries of a file, or raise InvalidInput with all that is wrong in it.

    In files without `format`, `every request` and `connections` meant anything that the port takes.
    """
    documents, found = load([path])
    problems = list(found)
    entries: list[Accepted] = []
    for document in documents:
        fields = Fields(document.data, document.place, problems)
        if "access" not in document.data:
            fields.note("access", "is missing: this is not a file of accepted access")
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
    allowed = None
    for key, read in (("client", lambda: read_clients(client, settings)), ("requests", lambda: read_asked(what))):
        try:
            read()
        except InvalidPhrase as error:
            entry.note(key, str(error))
            break
    else:
        allowed = Allowed(server, number, read_clients(client, settings), read_asked(what))
    said = entry.text("owner"), entry.text("reason"), expires
    return Accepted(server, number, client, what, *said, entry.place, allowed, migrated)


def violations(cluster: Cluster, accepted: Sequence[Accepted], today: date | None = None) -> list[str]:
    """Return what fails: access that is not accepted, entries that expired, and entries for what is not granted."""
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
    server = f"{excess.server.namespace}/{excess.server.name}:{excess.port}"
    if excess.region is None:
        return f"{server}: {excess.reason}"
    region = excess.region
    pods = f" (from {words.pods_words(region.pods)})" if region.pods else ""
    client = words.clients_words(region.clients, settings)
    shown = words.witness_words(region.witness, settings)
    return f"{client}{pods} -> {server} {words.asked_words(region.asked)} (for example {shown})"


def write_accepted(
    path: str, cluster: Cluster, found: Iterable[Access], owner: str, reason: str, expires: str
) -> Written:
    """Write the access that is granted now, and keep what old entries of it say."""
    before = read_accepted(path, cluster.settings) if Path(path).is_file() else ()
    old = {entry.key: entry for entry in before if not entry.migrated}
    whole = {entry.key[:3]: entry for entry in before if entry.migrated}
    granted = {(server, int(port), client, what) for server, port, client, what in _rows(found, cluster.settings)}
    kept = {key: _kept(key, old, whole) for key in sorted(granted)}
    entries = [entry or Accepted(*key, owner, reason, expires) for key, entry in kept.items()]
    content = {"format": FORMAT, "access": [_fields(entry) for entry in entries]}
    try:
        _replace(Path(path), yaml.safe_dump(content, sort_keys=False, width=100))
    except OSError as error:
        raise InvalidInput((Problem(Place(display_path(path)), f"cannot be written: {error.strerror}"),)) from error
    return Written(
        tuple(entry for entry in entries if kept[entry.key] is None),
        tuple(entry for entry in before if entry.key[: 3 if entry.migrated else 4] not in _used(kept)),
    )


Key = tuple[str, int, str, str]


def _kept(key: Key, old: Mapping[Key, Accepted], whole: Mapping[tuple[str, int, str], Accepted]) -> Accepted | None:
    """Return the entry that a file has for an access; one of the old form has the words that are used now."""
    if key in old:
        return old[key]
    before = whole.get(key[:3]) if key[3] in WHOLE else None
    return None if before is None else replace(before, what=key[3])


def _used(kept: Mapping[Key, Accepted | None]) -> set[tuple[object, ...]]:
    """Return the keys of the entries that were kept, of those of the old form without what they mean."""
    return {key[: 3 if entry.migrated else 4] for key, entry in kept.items() if entry is not None}


def _rows(found: Iterable[Access], settings: MeshSettings) -> Iterator[tuple[str, str, str, str]]:
    for access in found:
        yield words.access_words(replace(access, admitted_by=()), settings)


def _fields(entry: Accepted) -> dict[str, object]:
    fields: dict[str, object] = {"server": entry.server, "port": entry.port, "client": entry.client}
    fields |= {"requests": entry.what, "owner": entry.owner, "reason": entry.reason}
    return fields | ({"expires": entry.expires} if entry.expires else {})


def _replace(path: Path, text: str) -> None:
    """Put a text into a file in one move: who is interrupted, or has no room left, keeps the old one."""
    path = path.resolve()  # a link stays one
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
