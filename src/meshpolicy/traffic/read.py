"""Reads observed calls from files, folders and standard input; each line may have another format.

Nothing is dropped silently: a line is a call, or counted by its kind, or a problem with file and line.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from meshpolicy.core.errors import Place, Problem, ProblemKind
from meshpolicy.manifests.content import content, standard_input
from meshpolicy.manifests.paths import display_path
from meshpolicy.record import record
from meshpolicy.traffic import accesslog, localmesh, prometheus
from meshpolicy.traffic.call import ObservedCall
from meshpolicy.traffic.line import NotUnderstood, Prefix, Told, Unused

POD = r"[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?"
KUBECTL = re.compile(rf"\[pod/({POD})/([^\]\s]+)\] ")
STERN = re.compile(rf"({POD}) (linkerd-proxy) (?=[{{\[]|\S+:\d+ )")
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\S+ (?:(?:stdout|stderr) [FP] )?")
"""The timestamp that `kubectl logs --timestamps` and container runtimes write before a line."""
ENDINGS = (".log", ".json", ".jsonl", ".ndjson", ".txt", ".prom")


@record
class Counted:
    """Lines or series of one file that report no inbound call."""

    file: str
    what: str
    count: int


@record
class Observed:
    """All that was read."""

    calls: tuple[ObservedCall, ...]
    """The calls; equal ones are merged, at the place of the first."""
    problems: tuple[Problem, ...]
    """Files that cannot be read, and one `LEFT_OUT` problem for each file with lines that are not understood."""
    unused: tuple[Counted, ...]
    lines: int

    @property
    def unusable(self) -> tuple[Problem, ...]:
        """Return the problems of files that could not be read at all."""
        return tuple(problem for problem in self.problems if problem.kind is not ProblemKind.LEFT_OUT)


NOTHING_OBSERVED = Observed((), (), (), 0)


@dataclass
class _Reading:
    """What was read from one file so far."""

    name: str
    pod: str
    calls: dict[tuple[object, ...], ObservedCall] = field(default_factory=dict)
    unused: dict[str, int] = field(default_factory=dict)
    wrong: list[tuple[Place, str]] = field(default_factory=list)
    lines: int = 0

    def take(self, told: Told | NotUnderstood, place: Place, prefix: Prefix) -> None:
        match told:
            case NotUnderstood():
                self.wrong.append((place, str(told)))
            case Unused(what):
                self.unused[what] = self.unused.get(what, 0) + 1
            case ObservedCall():
                call = prefix.on(told)
                known = self.calls.get(call.what)
                self.calls[call.what] = call if known is None else known.and_also(call)

    def problems(self) -> Iterator[Problem]:
        if self.wrong:
            place, why = self.wrong[0]
            number = len(self.wrong)
            more = f"; so are {number - 1} more, the last at line {self.wrong[-1][0].line}" if number > 1 else ""
            yield Problem(place, f"left out: {why}{more}", ProblemKind.LEFT_OUT)
        if not self.calls and not self.unused.keys() - {prometheus.COMMENT.what}:
            yield Problem(Place(self.name), f"holds no observed call: {EXPECTED}")


EXPECTED = (
    "Linkerd's access log (json or apache), series of Prometheus (text, or an answer of /api/v1/query), "
    "or what the local mesh of PingPong's repository records (`just tap --output json`) is expected"
)


def read(paths: Sequence[str]) -> Observed:
    """Return all calls of files, of folders (files ending in .log, .json, .jsonl, .ndjson, .txt, .prom), and of `-`.

    Raises nothing: files that cannot be read are in `problems`.
    """
    problems: list[Problem] = []
    readings: list[_Reading] = []
    for path in paths:
        for name, pod, found in _contents(path, problems):
            reading = _Reading(name, pod)
            _read_text(reading, found)
            readings.append(reading)
            problems.extend(reading.problems())
    calls = [call for reading in readings for call in reading.calls.values()]
    unused = [Counted(one.name, what, count) for one in readings for what, count in one.unused.items()]
    lines = sum(reading.lines for reading in readings)
    return Observed(prometheus.without_repetition(calls), tuple(problems), tuple(unused), lines)


def _contents(path: str, problems: list[Problem]) -> Iterator[tuple[str, str, bytes]]:
    """Yield each file's name, the pod that its folder names if the local mesh wrote it, and its content."""
    if path == "-":
        yield from _opened("-", problems)
        return
    if not Path(path).is_dir():
        yield from _opened(path, problems)
        return
    files = sorted(file for file in Path(path).rglob("*") if file.suffix in ENDINGS and file.is_file())
    if not files:
        problems.append(Problem(Place(display_path(path)), f"holds no file that ends in {', '.join(ENDINGS)}"))
    for file in files:
        yield from _opened(str(file), problems)


def _opened(path: str, problems: list[Problem]) -> Iterator[tuple[str, str, bytes]]:
    name = path if path == "-" else display_path(path)
    pod = Path(path).absolute().parent.name if Path(path).name == "access.log" else ""
    try:
        yield name, pod, standard_input() if path == "-" else content(Path(path))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        problems.append(Problem(Place(name), f"cannot be read: {reason}"))


def _read_text(reading: _Reading, found: bytes) -> None:
    if (answer := _whole_answer(found)) is not None:
        reading.lines = found.count(b"\n") + 1
        place = Place(reading.name, 1, line=1)
        for told in prometheus.read_answer(answer, place):
            reading.take(told, place, Prefix())
        return
    for number, line in enumerate(found.split(b"\n"), 1):
        if line.strip():
            reading.lines += 1
            _read_line(reading, line, Place(reading.name, 1, line=number))


def _whole_answer(found: bytes) -> dict[str, object] | None:
    """Return the answer of Prometheus in a file, possibly on many lines; None if the file is no such answer."""
    if not found.lstrip().startswith(b"{") or (b'"data"' not in found and b'"errorType"' not in found):
        return None
    try:
        answer = json.loads(found)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) and prometheus.is_answer(answer) else None


def _read_line(reading: _Reading, line: bytes, place: Place) -> None:
    prefix = Prefix()
    try:
        text = line.decode().strip()
        prefix, text = _without_prefix(text)
        for told in _understood(text, place, reading.pod):
            reading.take(told, place, prefix)
    except UnicodeDecodeError:
        reading.take(NotUnderstood("it is not UTF-8"), place, prefix)
    except NotUnderstood as error:
        reading.take(error, place, prefix)


def _without_prefix(text: str) -> tuple[Prefix, str]:
    found = KUBECTL.match(text) or STERN.match(text)
    prefix = Prefix(found[1], found[2]) if found else Prefix()
    rest = text[found.end() :] if found else text
    stamp = STAMP.match(rest)
    return prefix, rest[stamp.end() :] if stamp else rest


def _understood(text: str, place: Place, pod: str) -> Iterable[Told | NotUnderstood]:
    """Return the meaning of one line. Raises NotUnderstood."""
    if text.startswith("{"):
        return _of_json(text, place, pod)
    if accesslog.is_own_log(text):
        return (accesslog.OWN_LOG,)
    told = accesslog.read_apache(text, place) or prometheus.read_line(text, place)
    if told is None:
        raise NotUnderstood("it is in no known form")
    return (told,)


def _of_json(text: str, place: Place, pod: str) -> Iterable[Told | NotUnderstood]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise NotUnderstood("it is no JSON; perhaps it was cut off") from None
    if not isinstance(found, dict):
        raise NotUnderstood("it is no JSON object")
    if prometheus.is_answer(found) and isinstance(found.get("status"), str):
        return tuple(prometheus.read_answer(found, place))
    if "client.addr" in found or {"level", "target"} <= found.keys():
        return (accesslog.read_json(found, place),)
    if "proxy" in found or found.keys() == {"dropped"}:
        return (localmesh.read_tap(found, place),)
    if "direction" in found:
        return (localmesh.read_sidecar(found, place, pod),)
    raise NotUnderstood("it is a JSON object of no known form")
