"""A steady load on one program, from inside the mesh; it counts failed requests."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kindmesh.errors import BadInput, CommandFailed
from kindmesh.probes.clients import INGRESS, NEWCOMER, ProbePods
from kindmesh.tools.kube import Kube
from kindmesh.tools.process import first_line, rest_of_output, start
from meshverify.load import Load

RATE = 50
LIFETIME = 3600
"""How long the pod may live, in seconds: longer than any phase of a rotation takes."""
ENDED = "the load ended early: its pod or its program is gone"
TARGETS = {
    "ponger": (NEWCOMER, "ponger.pingpong.svc.cluster.local", "/ping"),
    "pinger": (INGRESS, "pinger.pingpong.svc.cluster.local", "/"),
}
"""Who asks whom for what: the calls that are allowed."""

PROGRAM = """
import http.client, json, sys, threading, time
host, path, rate = sys.argv[1], sys.argv[2], int(sys.argv[3])
workers, stop, lock = 10, threading.Event(), threading.Lock()
times, failures = [], {}
def work(offset):
    connection, due = None, time.monotonic() + offset
    while not stop.is_set():
        time.sleep(max(0, due - time.monotonic()))
        due = max(due + workers / rate, time.monotonic() - 1)
        begin = time.monotonic()
        try:
            connection = connection or http.client.HTTPConnection(host, timeout=5)
            connection.request('GET', path)
            reply = connection.getresponse(); reply.read()
            word = '' if reply.status == 200 else str(reply.status)
        except (OSError, http.client.HTTPException) as error:
            word = type(error).__name__
            connection.close(); connection = None
        with lock:
            times.append(time.monotonic() - begin)
            if word: failures[word] = failures.get(word, 0) + 1
threads = [threading.Thread(target=work, args=(n / rate,)) for n in range(workers)]
[thread.start() for thread in threads]
print('started', flush=True)
sys.stdin.readline()
stop.set(); [thread.join() for thread in threads]
times.sort()
print(json.dumps({'sent': len(times), 'failures': failures,
    'p50': times[len(times) // 2], 'p99': times[len(times) * 99 // 100]}), flush=True)
"""


def read_load(text: str) -> Load:
    """Parse the result that the load program prints at its end."""
    lines = text.strip().splitlines()
    if not lines:
        raise CommandFailed(("kubectl", "exec"), ENDED)
    found: dict[str, Any] = json.loads(lines[-1])
    return Load(found["sent"], found["failures"], found["p50"], found["p99"])


class Loading:
    """A running load; its result is available at the end."""

    result: Load | None = None

    @property
    def finished(self) -> Load:
        """The result; CommandFailed if there is none."""
        if self.result is None:
            raise CommandFailed(("kubectl", "exec"), ENDED)
        return self.result


@contextmanager
def under_load(kube: Kube, name: str) -> Iterator[Loading]:
    """Keep a program under load while the body runs."""
    if name not in TARGETS:
        raise BadInput(f"{name}: a load can be put on {' or '.join(TARGETS)}")
    client, host, path = TARGETS[name]
    with ProbePods(kube, [client], life=LIFETIME):
        command = (
            *("kubectl", "--context", kube.context, "-n", client.namespace, "exec", "-i", f"pod/{client.pod}"),
            *("-c", "probe", "--", "python", "-c", PROGRAM, host, path, str(RATE)),
        )
        process = start(command, given=True)
        loading = Loading()
        try:
            if "started" not in first_line(process, command):
                raise CommandFailed(command, "the load did not start")
            yield loading
            loading.result = read_load(rest_of_output(process, command, "\n", within=60))
        finally:
            process.kill()
            process.communicate()
