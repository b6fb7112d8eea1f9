"""The program that sends requests inside a pod, and what the answers mean. Pure: it runs nothing itself."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from meshverify.cause import Cause

DOMAIN = "pingpong.svc.cluster.local"
"""What stands after the name of a Service."""
PROGRAM = """
import concurrent.futures, http.client, json, socket, ssl, sys, time
def ask(url, method, headers):
    start = time.monotonic()
    scheme, _, rest = url.rpartition('://')
    authority, _, path = rest.partition('/')
    name, _, port = authority.rpartition(':')
    answer = {'status': 0, 'server': '', 'proxy_error': '', 'error': '', 'body': ''}
    try:
        # Whether an answer comes is asked, not from whom: no certificate is checked.
        secure = {'context': ssl._create_unverified_context()} if scheme == 'https' else {}
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(name, int(port), timeout=8, **secure)
        connection.request(method, '/' + path, headers={'host': name, 'connection': 'close'} | headers)
        reply = connection.getresponse()
        answer.update(status=reply.status, server=reply.getheader('server') or '',
                      proxy_error=reply.getheader('l5d-proxy-error') or '',
                      body=reply.read(2000).decode(errors='replace'))
    except socket.gaierror:
        answer['error'] = 'name'
    except ConnectionRefusedError:
        answer['error'] = 'refused'
    except TimeoutError:
        answer['error'] = 'timeout'
    except (OSError, http.client.HTTPException) as error:
        answer['error'] = 'closed'
    answer['seconds'] = round(time.monotonic() - start, 3)
    return answer
def answer(question):
    return json.dumps(ask(question['url'], question['method'], dict(question['headers'])))
# At once: a dropped call ends by its timeout alone.
with concurrent.futures.ThreadPoolExecutor(8) as pool:
    for line in pool.map(answer, json.loads(sys.argv[1])):
        print(line, flush=True)
"""
"""Standard library only, so that it runs with the Python of the image, without a shell."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request."""

    url: str
    """Host, port and path, `ponger.pingpong.svc.cluster.local:80/ping`; with `https://` before it, by TLS."""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    server: str
    proxy_error: str
    error: str
    body: str
    seconds: float

    def __str__(self) -> str:
        if not self.status:
            return {"name": "the name does not resolve", "refused": "connection refused"}.get(self.error, self.error)
        # The proxy lists every hop; the last part says what happened.
        return f"{self.status}" + (f" ({self.proxy_error.rsplit(': ', 1)[-1]})" if self.proxy_error else "")


def arguments(questions: Sequence[Question]) -> tuple[str, str, str, str]:
    """Return the command that asks all questions inside a pod."""
    return "python", "-c", PROGRAM, json.dumps([asdict(question) for question in questions])


def read_answers(text: str) -> tuple[Answer, ...]:
    """Return the answers that the program printed, one a line."""
    return tuple(Answer(**json.loads(line)) for line in text.splitlines() if line.startswith("{"))


def cause(answer: Answer, *, meshed: bool) -> Cause:
    """Return why a call was answered as it was, by the signs that only one layer gives.

    The mesh's own refusals carry neither a body nor a `server` header, which the application always sends.
    A meshed caller's own proxy answers 502 to 504 with `l5d-proxy-error` if it can reach nobody;
    an unmeshed caller sees a refused or unanswered connection instead.
    """
    if answer.status in (502, 503, 504) and answer.proxy_error:
        return (
            Cause.NETWORK if "fail-fast" in answer.proxy_error or "unavailable" in answer.proxy_error else Cause.BROKEN
        )
    if answer.status in (403, 404) and not answer.server and not answer.body:
        return Cause.MESH if answer.status == 403 else Cause.ROUTE
    if answer.status >= 400:
        return Cause.APPLICATION
    if answer.status:
        return Cause.ALLOWED
    if answer.error in ("refused", "timeout") and not meshed:
        return Cause.NETWORK
    return Cause.UNDECLARED if answer.error == "closed" else Cause.BROKEN
