"""One request as anybody: what came back, and which layer said so."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from kindmesh.errors import BadInput
from kindmesh.probes.pods import ASKERS, Asker, Askers, Place, beside, find_places
from kindmesh.probes.probe import DOMAIN, Answer, Cause, Question, cause
from kindmesh.tools.kube import Kube

FORM = re.compile(r"(?P<name>pinger|ponger)(?::(?P<port>http|metrics))?(?P<path>/\S*)?")
PORTS = {"http": (80, 8080), "metrics": (9090, 9090)}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request and its answer."""

    source: str
    target: str
    method: str
    cause: Cause
    answer: Answer

    def to_json(self) -> str:
        """Return it for a program."""
        return json.dumps(asdict(self), indent=2)

    def __str__(self) -> str:
        return f"{self.source} -> {self.target}: {self.cause} ({self.answer}, {self.answer.seconds * 1000:.0f} ms)"


def find_asker(name: str) -> Asker:
    """Return who is meant by a name; `linkerd`'s word for a stranger's account is its pod's."""
    for asker in ASKERS:
        if asker.name == name:
            return asker
    known = "\n".join(f"  {asker.name}: {asker.says}" for asker in ASKERS)
    raise BadInput(f"{name}: nobody of this name can ask; those who can are\n{known}")


def find_question(text: str, method: str, asker: Asker, places: Mapping[str, Place]) -> Question:
    """Return the request that is meant by `ponger:metrics/metrics`."""
    found = FORM.fullmatch(text)
    if not found:
        raise BadInput(f"{text}: NAME[:PORT][/PATH] is expected; names are pinger and ponger, ports http and metrics")
    service, container = PORTS[found["port"] or "http"]
    path = found["path"] or "/"
    if asker.on_host:
        return Question(f"{places[found['name']].address}:{container}{path}", method, (("host", found["name"]),))
    return Question(f"{found['name']}.{DOMAIN}:{service}{path}", method)


def ask_once(kube: Kube, source: str, target: str, method: str) -> Asked:
    """Send one request."""
    asker = find_asker(source)
    places = find_places(kube) if asker.on_host else {}
    question = find_question(target, method, asker, places)
    if asker.on_host:
        asker = beside(asker, places[target.partition("/")[0].partition(":")[0]])
    with Askers(kube, [asker]) as askers:
        answer = askers.ask(asker, [question])[0]
    return Asked(source, target, method, cause(answer, meshed=asker.meshed), answer)
