"""Why a call was answered as it was, in the words that every verification uses. Pure."""

from enum import StrEnum

from meshpolicy.decide.decision import Verdict


class Cause(StrEnum):
    """Why a call was answered as it was."""

    ALLOWED = "allowed"
    MESH = "refused by the mesh's policy"
    ROUTE = "no route of the mesh"
    LIMITED = "rate limited by the mesh"
    REDIRECTED = "redirected by a route of the mesh"
    CERTIFICATE = "certificate not accepted"
    MALFORMED = "not accepted as a request"
    NETWORK = "dropped by a NetworkPolicy"
    APPLICATION = "answered by the application with an error"
    UNDECLARED = "closed by the mesh"
    BROKEN = "unreachable for another reason"
    UNKNOWN = "unknown"


BY_VERDICT = {
    Verdict.ALLOW: Cause.ALLOWED,
    Verdict.FORBIDDEN: Cause.MESH,
    Verdict.NOT_FOUND: Cause.ROUTE,
    Verdict.CLOSED: Cause.UNDECLARED,
    Verdict.PROTOCOL_ERROR: Cause.MALFORMED,
    Verdict.ERROR: Cause.BROKEN,
    Verdict.RATE_LIMITED: Cause.LIMITED,
    Verdict.REDIRECT: Cause.REDIRECTED,
    Verdict.BLOCKED: Cause.NETWORK,
    Verdict.UNKNOWN: Cause.UNKNOWN,
}
"""What a verdict of `meshpolicy` means for whoever calls."""
