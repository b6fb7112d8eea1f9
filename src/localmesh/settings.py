"""What a person may set, from `LOCALMESH_*` in the environment; an option of the command line wins.

Every setting is checked here, and all that is wrong is reported together.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from difflib import get_close_matches
from pathlib import Path

from localmesh.errors import BadInput

PREFIX = "LOCALMESH_"
PROCESS = "LOCALMESH_PROCESS"
"""Marks what localmesh itself started. `LOCALMESH_STATE` alone does not: a person may export it."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Settings:
    """All knobs of the local mesh with their defaults."""

    state: Path | None = None
    """The state folder, relative to the checkout; default: one of the checkout's own (`state_folder`)."""
    manifests: tuple[Path, ...] = ()
    """Folders and files to read, `:` between (`\\:` is a colon in a path); default: those of the checkout."""
    port: int = 8080
    """Where the ingress answers HTTP on 127.0.0.1."""
    https_port: int = 8443
    """Where the ingress answers HTTPS on 127.0.0.1."""
    certificate_lifetime: timedelta = timedelta(hours=24)
    """How long a pod's certificate is valid; it is renewed at 70 % of that."""
    trace_ratio: float = 1.0
    """The share of traces that are recorded, of those that begin in the mesh: from 0 to 1."""
    dashboard_port: int = 50750
    """Where the page is served on 127.0.0.1 (as `linkerd viz dashboard`); if it is taken, on another port."""


def read(environ: Mapping[str, str]) -> Settings:
    """Return the settings in an environment, or raise BadInput with all that is wrong."""
    found: dict[str, object] = {}
    reasons: list[str] = []
    known = {PREFIX + field.name.upper(): field.name for field in fields(Settings)}
    for variable, value in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable == PROCESS:
            continue
        if variable not in known:
            reasons.append(_unknown(variable, known))
            continue
        try:
            found[known[variable]] = PARSERS[known[variable]](value)
        except ValueError as error:
            reasons.append(f"{variable}={value}: {error}")
    if reasons:
        raise BadInput(*reasons)
    return replace(Settings(), **found)  # type: ignore[arg-type] # each parser returns its field's type


def to_environ(settings: Settings) -> dict[str, str]:
    """Return the variables that `read` understands as these settings."""
    return {
        "LOCALMESH_STATE": str(settings.state),
        "LOCALMESH_MANIFESTS": _joined(settings.manifests),
        "LOCALMESH_PORT": str(settings.port),
        "LOCALMESH_HTTPS_PORT": str(settings.https_port),
        "LOCALMESH_DASHBOARD_PORT": str(settings.dashboard_port),
        "LOCALMESH_CERTIFICATE_LIFETIME": f"{settings.certificate_lifetime.total_seconds()}s",
        "LOCALMESH_TRACE_RATIO": f"{settings.trace_ratio!r}",
    }


def _unknown(variable: str, known: Mapping[str, str]) -> str:
    words = {name.removeprefix(PREFIX): name for name in known}
    close = get_close_matches(variable.removeprefix(PREFIX), words, n=1)
    advice = f"did you mean {words[close[0]]}?" if close else f"known are {', '.join(known)}"
    return f"{variable}: there is no such setting; {advice}"


def duration(text: str) -> timedelta:
    """Return the duration written as `90s`, `30m`, `24h` or `7d`."""
    found = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)([smhd])", text)
    if not found:
        raise ValueError("a number with a unit is expected: 90s, 30m, 24h or 7d")
    value = timedelta(seconds=float(found[1]) * _UNITS[found[2]])
    if not timedelta(seconds=5) <= value <= timedelta(days=365):
        raise ValueError("from 5s to 365d is accepted")
    return value


def port(text: str) -> int:
    """Return a TCP port number."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65535:
        raise ValueError("a port from 1 to 65535 is expected")
    return int(text)


def ratio(text: str) -> float:
    """Return a share."""
    if not re.fullmatch(r"[01]|[01]?\.[0-9]{1,9}|[01]\.", text) or float(text) > 1:
        raise ValueError("a number from 0 to 1 is expected")
    return float(text)


def _folder(text: str) -> Path:
    if not text:
        raise ValueError("a folder is expected")
    return Path(text)


def _path(text: str) -> Path:
    return _folder(text).absolute()


def paths(text: str) -> tuple[Path, ...]:
    """Return the paths between colons; a colon or backslash of a path has a backslash before it."""
    parts = re.sub(r"\\([:\\])|:", lambda found: found[1] or "\0", text.replace("\0", "")).split("\0")
    return tuple(map(_path, parts))


def _joined(found: Iterable[Path]) -> str:
    return ":".join(re.sub(r"([:\\])", r"\\\1", str(path)) for path in found)


PARSERS: Mapping[str, Callable[[str], object]] = {
    "state": _folder,
    "manifests": paths,
    "port": port,
    "https_port": port,
    "dashboard_port": port,
    "certificate_lifetime": duration,
    "trace_ratio": ratio,
}
