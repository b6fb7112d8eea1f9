"""Reads sentences about access, such as `only pingpong/pinger may GET /ping on pingpong/ponger:http`. Pure."""

import re
from collections.abc import Iterable
from enum import StrEnum

from meshpolicy.analysis.clients import ClientSet
from meshpolicy.analysis.phrases import InvalidPhrase, read_asked, read_clients, split
from meshpolicy.analysis.regions import ANYTHING, Asked
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.record import record


class Claim(StrEnum):
    """What a sentence says."""

    ONLY = "only"
    """No other client may."""
    MAY = "may"
    """Every such client may, wherever pods have their addresses."""
    SAME = "same"
    """Two clients may do the same."""
    ENCRYPTED = "encrypted"
    """No call between workloads, of which one is in the namespace, crosses the network in clear."""


@record
class Sentence:
    """One sentence."""

    text: str
    claim: Claim
    clients: tuple[ClientSet, ...] = ()
    """The sets of clients in the sentence: two for `same`, else one."""
    asked: tuple[Asked, ...] = ANYTHING
    server: str = ""
    """`namespace/workload[:port]`, or `namespace/*`; for `encrypted`, the namespace."""
    vacuous_if_closed: bool = True
    """Whether the sentence counts as vacuous if no call matches it."""


FORMS = (
    "only CLIENTS may REQUESTS on SERVER",
    "nobody may REQUESTS on SERVER except CLIENTS",
    "no unmeshed client may REQUESTS on SERVER",
    "CLIENTS may REQUESTS on SERVER",
    "CLIENT and CLIENT have the same access to SERVER",
    "every call of NAMESPACE is encrypted",
)
"""The forms of sentences. A SERVER is `NAMESPACE/WORKLOAD[:PORT]`; REQUESTS are `GET /ping` and the like, or WORDS."""
ENCRYPTED = re.compile(r"every call of (\S+) is encrypted")
SAME = re.compile(r"(.+) and (.+) have the same access to (\S+)")
NOBODY = re.compile(r"nobody may (.+?)(?: except (.+))?")
ONLY = re.compile(r"only (.+?) may (.+)")
UNMESHED = re.compile(r"no unmeshed client may (.+)")
MAY = re.compile(r"(.+?) may (.+)")
WORDS = {
    "call": "anything",
    "make any call": "anything",
    "send any request": "every request",
    "make any request": "every request",
    "any request": "every request",
    "connect": "connections",
}


SERVER = re.compile(r"[a-z0-9.-]+(?::[a-z0-9-]+)?")
"""A server without its namespace."""
TO = re.compile(r"(.+) (?:to|at|of|from)")
"""Requests with a word before the server, where `on` is expected."""


def read_sentence(text: str, settings: MeshSettings, workloads: Iterable[str] = ()) -> Sentence:
    """Read a sentence.

    `workloads` are the existing ones, as `namespace/name`, to find a server that is written without its namespace.

    Raises InvalidPhrase.
    """
    try:
        return _read(text, settings)
    except NoNamespace as error:
        name = error.server.partition(":")[0]
        close = sorted({one for one in workloads if one.partition("/")[2] == name})
        if len(close) != 1:
            raise
        meant = f"{close[0]}{error.server[len(name) :]}"
        raise InvalidPhrase(f"`{error.server}` does not say its namespace; did you mean {meant}?") from None


def read_sentence_about(cluster: Cluster, text: str) -> Sentence:
    """Read a sentence about a cluster, whose workloads complete the names in messages. Raises InvalidPhrase."""
    return read_sentence(text, cluster.settings, (one.ref.namespaced_name for one in cluster.workloads))


class NoSentence(InvalidPhrase):
    """A text that matches none of the FORMS; `wrong` is the message without the list of forms."""

    def __init__(self, wrong: str) -> None:
        super().__init__(f"{wrong}; write `{FORMS[0]}`, or another form that `meshpolicy prove --help` lists")
        self.wrong = wrong


class NoNamespace(InvalidPhrase):
    """A sentence names a server without its namespace."""

    def __init__(self, server: str) -> None:
        super().__init__(f"`{server}` does not say its namespace; write NAMESPACE/{server}")
        self.server = server


def _read(text: str, settings: MeshSettings) -> Sentence:
    words = " ".join(text.split()).removesuffix(".")
    if found := ENCRYPTED.fullmatch(words):
        return Sentence(words, Claim.ENCRYPTED, server=found[1])
    if found := SAME.fullmatch(words):
        pair = (read_clients(found[1], settings), read_clients(found[2], settings))
        return Sentence(words, Claim.SAME, pair, server=found[3])
    if found := NOBODY.fullmatch(words):
        clients = _clients(found[2], settings) if found[2] else ()
        return _about(words, Claim.ONLY, clients, found[1], vacuous=bool(clients))
    if found := UNMESHED.fullmatch(words):
        meshed = read_clients("any meshed or SPIFFE client", settings)
        return _about(words, Claim.ONLY, meshed, found[1], vacuous=False)
    if found := ONLY.fullmatch(words):
        return _about(words, Claim.ONLY, _clients(found[1], settings), found[2])
    if found := MAY.fullmatch(words):
        return _about(words, Claim.MAY, _clients(found[1], settings), found[2])
    raise NoSentence(f"`{text}` is no sentence that can be proved")


def _clients(text: str, settings: MeshSettings) -> ClientSet:
    """Return the clients of a list that is separated by commas, `and` or `or`."""
    pieces = [part for piece in split(text, " and ") for part in _alternatives(piece)]
    return read_clients(", ".join(pieces), settings)


def _alternatives(text: str) -> list[str]:
    """Split a text at each `or` that is not between networks."""
    found: list[str] = []
    for piece in split(text, " or "):
        if found and re.match(r"[0-9a-f.:]+/\d", piece):
            found[-1] = f"{found[-1]} or {piece}"
        else:
            found.append(piece)
    return found


def _about(words: str, claim: Claim, clients: ClientSet, rest: str, *, vacuous: bool = True) -> Sentence:
    """Return a sentence about requests to a server: `GET /ping on pingpong/ponger`, `call pingpong/ponger`."""
    said, _, server = rest.rpartition(" on ")
    if not said:
        said, _, server = rest.rpartition(" ")
        if found := TO.fullmatch(said):
            raise InvalidPhrase(f"`{rest}` cannot be read; write `{found[1]} on {server}`")
    elif SERVER.fullmatch(server):
        raise NoNamespace(server)
    if not said or "/" not in server or " " in server:
        raise NoSentence(f"`{rest}` does not say on which server")
    said = WORDS.get(said.strip(), said.strip())
    asked = tuple(one for piece in split(said, " or ") for one in read_asked(piece))
    return Sentence(words, claim, (clients,), asked, server, vacuous)
