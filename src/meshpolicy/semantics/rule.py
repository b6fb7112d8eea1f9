"""What a rule is: a sentence, where it was found, and what confirms it. Pure values."""

from enum import StrEnum

from meshpolicy.record import record

LINKERD = "edge-26.8.3"
"""The release that was read (linkerd2 b24cd4059, linkerd2-proxy 29637b64f) and measured."""


class Evidence(StrEnum):
    """How one knows that a rule holds."""

    MEASURED = "measured"
    """A real Linkerd answered requests as the rule says."""
    READ = "read"
    """The source says so; no request was sent to confirm it."""
    API = "specified"
    """The Kubernetes API defines it, and a real cluster answered so."""


@record
class Rule:
    """One fact on which answers rest."""

    number: str
    """`R…`: Linkerd's; `M…`: found by measuring; `N…`: NetworkPolicy's under Linkerd."""
    text: str
    """One sentence."""
    source: str
    """A file of linkerd2 or linkerd2-proxy, a part of the Kubernetes API, or `measured`."""
    evidence: Evidence = Evidence.MEASURED
    versions: str = LINKERD
    """The Linkerd releases for which it is known to hold."""

    def __str__(self) -> str:
        return f"{self.number}: {self.text}"
