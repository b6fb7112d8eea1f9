"""The ratchet: a file of the access that someone has accepted, with owner, reason and expiry."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import yaml

from meshpolicy.analysis.access import Access
from meshpolicy.core.errors import InvalidInput, Place, Problem
from meshpolicy.core.fields import Fields
from meshpolicy.manifests.load import load
from meshpolicy.manifests.paths import display_path


@dataclass(frozen=True, slots=True)
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

    @property
    def key(self) -> tuple[str, int, str, str]:
        """Return what is compared with an access."""
        return self.server, self.port, self.client, self.what

    def __str__(self) -> str:
        return f"{self.client} -> {self.server}:{self.port} {self.what}"


@dataclass(frozen=True, slots=True)
class Written:
    """What a file of accepted access has gained and lost."""

    new: tuple[Accepted, ...]
    gone: tuple[Accepted, ...]
    """Entries for what is not granted any more, with what they said."""


def read_accepted(path: str) -> tuple[Accepted, ...]:
    """Return the entries of a file, or raise InvalidInput with all that is wrong in it."""
    documents, found = load([path])
    problems = list(found)
    entries: list[Accepted] = []
    for document in documents:
        fields = Fields(document.data, document.place, problems)
        if "access" not in document.data:
            fields.note("access", "is missing: this is not a file of accepted access")
        entries += [_entry(entry) for entry in fields.children("access")]
    if problems:
        raise InvalidInput(tuple(problems))
    return tuple(entries)


def _entry(entry: Fields) -> Accepted:
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
    return Accepted(
        entry.required("server"),
        port if isinstance(port, int) else 0,
        entry.required("client"),
        entry.required("requests"),
        entry.text("owner"),
        entry.text("reason"),
        expires,
        entry.place,
    )


def judged(found: Iterable[Access], accepted: Sequence[Accepted], today: date | None = None) -> list[str]:
    """Return what fails: access that is not accepted, entries that expired, and entries for what is not granted."""
    today = today or datetime.now(UTC).date()
    known = {entry.key: entry for entry in accepted}
    granted = {access.key: access for access in found}
    faults = [
        f"not accepted: {access.client} -> {access.server}:{access.port} {access.what} (by {access.by})"
        for key, access in granted.items()
        if key not in known
    ]
    for key, entry in known.items():
        if entry.expires and date.fromisoformat(entry.expires) < today:
            faults.append(f"{entry.place}: expired on {entry.expires}: {entry.client} -> {entry.server}:{entry.port}")
        if key not in granted:
            faults.append(f"{entry.place}: accepts what is not granted: {entry.client} -> {entry.server}:{entry.port}")
    return faults


def write_accepted(path: str, found: Iterable[Access], owner: str, reason: str, expires: str) -> Written:
    """Write the access that is granted now, and keep what old entries of it say."""
    old = {entry.key: entry for entry in (read_accepted(path) if Path(path).exists() else ())}
    granted = {access.key for access in found}
    entries = [old.get(key) or Accepted(*key, owner, reason, expires) for key in sorted(granted)]
    try:
        _replace(Path(path), yaml.safe_dump({"access": [_fields(e) for e in entries]}, sort_keys=False, width=100))
    except OSError as error:
        raise InvalidInput((Problem(Place(display_path(path)), f"cannot be written: {error.strerror}"),)) from error
    return Written(
        tuple(entry for entry in entries if entry.key not in old),
        tuple(entry for key, entry in old.items() if key not in granted),
    )


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
