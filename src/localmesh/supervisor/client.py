"""The command line's side of the control socket."""

import json
from dataclasses import asdict
from urllib.parse import quote

import httpx

from localmesh.errors import BadInput, CommandFailed, LocalMeshError, NotRunning
from localmesh.state import StateFolder
from localmesh.views import Answer, MeshView, Question


class Client:
    """Asks the supervisor that owns a state folder; raises NotRunning where none answers."""

    def __init__(self, folder: StateFolder, timeout: float | None = None) -> None:
        self._folder = folder
        self._timeout = timeout

    def status(self) -> MeshView:
        """Return all about the mesh."""
        return MeshView.from_json(self._send("GET", "/status").text)

    def rotate(self) -> int:
        """Renew every certificate; return how many."""
        return int(self._send("POST", "/rotate").json()["certificates"])

    def restart(self, name: str) -> tuple[str, ...]:
        """Replace the pods of a workload one by one; return the new ones."""
        return tuple(self._send("POST", f"/restart/{quote(name, safe='', errors='replace')}").json()["pods"])

    def ask(self, question: Question) -> Answer:
        """Send one request as somebody."""
        return Answer.from_json(self._send("POST", "/ask", asdict(question)).text)

    def apply(self) -> bool:
        """Have the manifests read again; return whether anything changed."""
        return bool(self._send("POST", "/apply").json()["changed"])

    def _send(self, method: str, path: str, body: object = None) -> httpx.Response:
        if not self._folder.control.exists():
            raise self._unheard()
        transport = httpx.HTTPTransport(uds=str(self._folder.control))
        try:
            with httpx.Client(transport=transport, base_url="http://localmesh", timeout=self._timeout) as http:
                # Written in ASCII: a text may hold bytes that are no UTF-8.
                response = http.request(method, path, content=None if body is None else json.dumps(body))
        except httpx.TransportError as error:
            raise self._unheard() from error
        match response.status_code:
            case httpx.codes.UNPROCESSABLE_ENTITY:
                raise BadInput(*response.json()["reasons"], hint=response.json()["hint"])
            case httpx.codes.BAD_GATEWAY:
                raise CommandFailed(**response.json())
            case status if status >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise LocalMeshError(_reason(response))
        return response

    def _unheard(self) -> NotRunning:
        if self._folder.owner() is None:
            return NotRunning(f"no local mesh runs in {self._folder.path}")
        return NotRunning(f"the local mesh in {self._folder.path} is starting or stopping; try again in a moment")


def _reason(response: httpx.Response) -> str:
    try:
        return str(response.json()["reason"])
    except ValueError:
        return f"the supervisor failed to answer; see its log ({response.text})"
