"""Finds addresses in texts: URLs, `host:port`, names of the cluster's DNS. Pure.

A user and password before a host are left out, so that they are never printed.
"""

import re
from collections.abc import Iterator

from meshpolicy.record import record

HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)(?:\.[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)*\.?"
URL = re.compile(
    rf"(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:[^\s/@\"'<>]*@)?"
    rf"(?P<hosts>{HOST}(?::\d{{1,5}})?(?:,{HOST}(?::\d{{1,5}})?(?![\w=:.-]))*)(?P<path>/[^\s\"'<>,;|)\]}}]*)?"
)
VARIABLE = re.compile(r"\$[({]?[A-Za-z_][A-Za-z0-9_]*[)}]?")
HIDDEN = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/@\"'<>]*@)?[^\s/@\"'<>$]*(?P<host>{VARIABLE.pattern})(?![^\s/\"'<>]*@)"
)
"""A URL whose host or port contains a variable."""
PAIR = re.compile(rf"(?<![\w.:/@%$-])(?P<host>{HOST}):(?P<port>\d{{1,5}})(?![\w.:-])(?P<path>/[^\s\"'<>,;|)\]}}]*)?")
FULL = re.compile(rf"(?<![\w.:/@-])(?P<host>{HOST}\.svc(?:\.[a-z0-9.-]+)?)(?![\w:-])")
"""The full DNS name of a Service, without a port."""
NAMED = re.compile(
    r"(?i)(?<![a-z0-9])[a-z0-9_.-]*(?P<key>host|hostname|addr|address|endpoint|server)s?[\"']?\s*[:=]\s*[\"']?"
    rf"(?P<host>{HOST})[\"']?\s*(?=$|[\s,;}}])"
)
"""A line such as `host: db`, or `db_host=db`."""
WHOLE = re.compile(HOST)
COMMENT = re.compile(r"(?m)^\s*(?:#|//|--\s).*$")
ADDRESSED = re.compile(
    r"(?i)(host|addr|address|endpoint|server|url|uri|broker|upstream|backend|target|peer|dsn|service|svc|proxy|seed)s?"
    r"(?:name)?(?:_?(?:list|v\d+))?$"
)
"""The endings of names of variables whose values are addresses."""
USUAL = {
    scheme: port
    for port, schemes in (
        (80, "http ws"),
        (443, "https wss"),
        (6379, "redis rediss"),
        (5432, "postgres postgresql"),
        (3306, "mysql mariadb"),
        (5672, "amqp"),
        (5671, "amqps"),
        (27017, "mongodb"),
        (4222, "nats"),
        (9092, "kafka"),
        (11211, "memcached"),
        (389, "ldap"),
        (636, "ldaps"),
        (25, "smtp"),
        (1433, "sqlserver"),
        (2181, "zookeeper zk"),
        (7687, "bolt"),
        (1883, "mqtt"),
        (9000, "clickhouse"),
        (5984, "couchdb"),
    )
    for scheme in schemes.split()
}
"""The default ports of URL schemes."""
MOST = 65535


@record
class Address:
    """A host in a text, with what the text says about the call."""

    host: str
    port: int = 0
    """The port; 0 if the text has none."""
    scheme: str = ""
    path: str = ""
    """The path of a URL, without its query."""
    sure: bool = True
    """Whether the text is certainly an address."""


def is_address_name(name: str) -> bool:
    """Whether a variable or option with this name contains an address."""
    return ADDRESSED.search(name) is not None


def hidden_hosts(text: str, name: str = "") -> Iterator[str]:
    """Yield the variables without a value in hosts of URLs, and in a text that is an address by its `name`."""
    yield from (found["host"] for found in HIDDEN.finditer(text))
    if is_address_name(name) and "://" not in text:
        yield from VARIABLE.findall(text)


def addresses(text: str, name: str = "") -> Iterator[Address]:
    """Yield the addresses in a text; `name` is the name of the variable or option that contains it."""
    text = COMMENT.sub("", text)
    whole = text.strip().strip("\"'")
    if WHOLE.fullmatch(whole):
        if not whole.isdecimal():
            yield Address(whole, sure=is_address_name(name) or ".svc" in whole)
        return
    for found in URL.finditer(text):
        yield from _of_url(found)
    rest = URL.sub(" ", text)
    for found in PAIR.finditer(rest):
        if 0 < int(found["port"]) <= MOST and not found["host"].isdecimal():
            yield Address(found["host"], int(found["port"]), "", _path(found["path"]))
    yield from (Address(found["host"]) for found in FULL.finditer(rest))
    for found in NAMED.finditer(rest):
        yield Address(found["host"], sure=found["key"].lower() not in ("endpoint", "server"))


def _of_url(found: re.Match[str]) -> Iterator[Address]:
    """Yield the hosts of a URL; URLs of databases and brokers may have several."""
    scheme = found["scheme"].lower()
    for part in found["hosts"].split(","):
        host, _, port = part.partition(":")
        if not port or 0 < int(port) <= MOST:
            yield Address(host, int(port or USUAL.get(scheme, 0)), scheme, _path(found["path"]))


def _path(text: str | None) -> str:
    """Return the path of a URL without its query; empty for a template and for the root."""
    path = re.split("[?#]", text or "", maxsplit=1)[0]
    return "" if path == "/" or re.search(r"[{}$%*<>]", path) else path
