"""The protocol that a client speaks on a port, as far as the URL, the Service and the Server say. Pure."""

from meshpolicy.core.client import Traffic
from meshpolicy.core.policy import Protocol
from meshpolicy.core.truth import Truth
from meshpolicy.decide.transport import hint
from meshpolicy.index.effective import effective
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.kinds.service import ServicePort
from meshpolicy.kinds.workload import Workload

SCHEMES = {
    **dict.fromkeys(("http", "ws"), Traffic.HTTP),
    **dict.fromkeys(("https", "wss", "rediss", "amqps", "ldaps"), Traffic.TLS),
    **dict.fromkeys(("grpc", "grpcs", "dns"), Traffic.GRPC),
    **dict.fromkeys(("redis", "postgres", "postgresql", "mysql", "mariadb", "amqp", "mongodb", "nats"), Traffic.TCP),
    **dict.fromkeys(("memcached", "ldap", "smtp", "kafka", "sqlserver", "zookeeper", "zk", "bolt"), Traffic.TCP),
    **dict.fromkeys(("mqtt", "tcp", "clickhouse", "plaintext", "mongo", "cassandra"), Traffic.TCP),
}
"""The traffic that a URL's scheme, a port's `appProtocol` or the name of a port stands for."""
WORDS = SCHEMES | {
    "kubernetes.io/h2c": Traffic.HTTP2,
    "h2c": Traffic.HTTP2,
    "http2": Traffic.HTTP2,
    "web": Traffic.HTTP,
}
PROTOCOLS = {
    Protocol.HTTP1: Traffic.HTTP,
    Protocol.HTTP2: Traffic.HTTP2,
    Protocol.GRPC: Traffic.GRPC,
    Protocol.OPAQUE: Traffic.TCP,
    Protocol.TLS: Traffic.TLS,
}
EITHER = (Traffic.HTTP, Traffic.TCP)
"""The traffic to assume if nothing says it; an answer must hold for each."""


def spoken(
    cluster: Cluster, server: Workload, port: int, scheme: str = "", entry: ServicePort | None = None
) -> tuple[Traffic, ...]:
    """Return the kinds of traffic that a client may send to a port of a workload."""
    declared = [one.name for container in server.containers for one in container.ports if one.number == port]
    words = [scheme, *([entry.app_protocol, entry.name] if entry is not None else []), *declared]
    for word in words:
        found = WORDS.get(word.lower()) or WORDS.get(word.lower().partition("-")[0])
        if found is not None:
            return (found,)
    if hint(cluster, server, port) is Truth.YES:
        return (Traffic.TCP,)
    known = PROTOCOLS.get(effective(cluster, server, port).protocol)
    return EITHER if known is None else (known,)
