"""The command line's client of the supervisor's API."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from localmesh.errors import BadInput, CommandFailed, LocalMeshError, NotRunning
from localmesh.observe.probed import VerifiedView
from localmesh.observe.views import Dropped, EdgeView, StatView, TapView
from localmesh.page.place import known
from localmesh.state import StateFolder
from localmesh.traces.select import Wanted
from localmesh.traces.view import TracesView
from localmesh.views import Answer, Applied, MeshView, Question


class Client:
    """Calls the supervisor that owns a state folder; raises NotRunning if none answers."""

    def __init__(self, folder: StateFolder, timeout: float | None = None) -> None:
        self._folder = folder
        self._timeout = timeout

    def status(self) -> MeshView:
        """Return the state of the whole mesh."""
        return MeshView.from_json(self._send("GET", "/status"))

    def rotate(self) -> int:
        """Renew every certificate; return how many."""
        return int(json.loads(self._send("POST", "/rotate"))["certificates"])

    def restart(self, name: str) -> tuple[str, ...]:
        """Replace a pod, or the pods of a workload, by new ones of the same names; return the names."""
        return tuple(json.loads(self._send("POST", f"/restart/{_quoted(name)}"))["pods"])

    def ask(self, question: Question) -> Answer:
        """Send one request as the source of the question; return its outcome beside the prediction."""
        return Answer.from_json(self._send("POST", "/ask", asdict(question)))

    def apply(self) -> Applied:
        """Apply the manifests again; return what changed."""
        return Applied.from_json(self._send("POST", "/apply"))

    def scale(self, name: str, replicas: int) -> tuple[str, ...]:
        """Run a workload with that many pods; return their names."""
        return tuple(json.loads(self._send("POST", f"/scale/{replicas}/{_quoted(name)}"))["pods"])

    def manifests(self) -> str:
        """Return the applied manifests as YAML."""
        return self._send("GET", "/manifests")

    def dashboard(self) -> str:
        """Return the address of the page, with its token."""
        door = known(self._folder.dashboard)
        if door is None:
            raise self._unheard()
        return door.address

    def prometheus(self) -> str:
        """Return the URL of the Prometheus beside the mesh; empty if there is none."""
        return str(json.loads(self._send("GET", "/prometheus"))["page"])

    def stat(self, window: int, *, by_pod: bool) -> StatView:
        """Return the rates of every edge over the last `window` seconds."""
        found = json.loads(self._send("GET", f"/stat/{window}/{'pod' if by_pod else 'workload'}"))
        return StatView(found["window"], tuple(EdgeView(**edge) for edge in found["edges"]))

    def tap(self, name: str) -> Iterator[TapView | Dropped | None]:
        """Yield None when the tap is open, then each request of a pod or workload as it ends."""
        try:
            with closing(_Connection(self._folder.control, None)) as connection:
                connection.request("GET", f"/tap/{_quoted(name)}")
                response = connection.getresponse()
                if response.status >= HTTPStatus.BAD_REQUEST:
                    raise _refusal(response.status, response.read().decode())
                for line in response:
                    yield _tapped(json.loads(line)) if line.strip() else None
        except (OSError, HTTPException) as error:
            raise self._unheard() from error

    def traces(self, wanted: Wanted) -> TracesView:
        """Return the traces that match, latest first."""
        return TracesView.from_json(self._send("POST", "/traces", asdict(wanted)))

    def trace(self, prefix: str) -> TracesView:
        """Return the traces whose ID starts with `prefix`."""
        return TracesView.from_json(self._send("GET", f"/traces/{_quoted(prefix)}"))

    def tell_verified(self, verified: VerifiedView) -> None:
        """Send the result of a verification to the page."""
        self._send("POST", "/verified", asdict(verified))

    def _send(self, method: str, path: str, body: object = None) -> str:
        """Return the supervisor's answer; raises the error that it reports."""
        try:
            with closing(_Connection(self._folder.control, self._timeout)) as connection:
                # JSON in ASCII, because a text may hold surrogates, which UTF-8 cannot encode.
                connection.request(method, path, None if body is None else json.dumps(body))
                response = connection.getresponse()
                status, text = response.status, response.read().decode()
        except (OSError, HTTPException) as error:
            raise self._unheard() from error
        if status >= HTTPStatus.BAD_REQUEST:
            raise _refusal(status, text)
        return text

    def _unheard(self) -> NotRunning:
        if self._folder.owner() is None:
            return NotRunning(f"no local mesh runs in {self._folder.path}")
        return NotRunning(f"the local mesh in {self._folder.path} is starting or stopping; try again in a moment")


class _Connection(HTTPConnection):
    """A connection to a Unix socket; `http.client` loads in a tenth of the time of other clients."""

    def __init__(self, path: Path, timeout: float | None) -> None:
        super().__init__("localmesh", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="replace")


def _tapped(data: dict[str, Any]) -> TapView | Dropped:
    return Dropped(**data) if "dropped" in data else TapView(**data)


def _refusal(status: int, text: str) -> LocalMeshError:
    """Return the error that the supervisor reports."""
    match status:
        case HTTPStatus.UNPROCESSABLE_ENTITY:
            refused = json.loads(text)
            return BadInput(*refused["reasons"], hint=refused["hint"])
        case HTTPStatus.BAD_GATEWAY:
            return CommandFailed(**json.loads(text))
        case _:
            return LocalMeshError(_reason(text))


def _reason(text: str) -> str:
    try:
        return str(json.loads(text)["reason"])
    except (ValueError, KeyError):
        return f"the supervisor failed to answer; see its log ({text})"
