"""Envoy's words for what became of a request, and what they say of the policies (`%RESPONSE_CODE_DETAILS%`)."""

from meshpolicy.decide.decision import Verdict

DENIED = "rbac_access_denied"
NO_ROUTE = "route_not_found"
RATE_LIMITED = "local_rate_limited"
DIRECT = "direct_response"
"""A route answered by itself: one without an object's name is the 404 to whom no route of the manifests matches."""


def refusal(details: str, route: str, status: int = 404) -> Verdict | None:
    """Return what the policies did to a request; None where they let it pass, or had no part in it.

    `route` is the name of the object whose route it took, empty without one; `status` is that of the answer.
    """
    if details.startswith(DENIED):
        return Verdict.FORBIDDEN
    if details.startswith(NO_ROUTE) or (details == DIRECT and status == 404 and not route):
        return Verdict.NOT_FOUND
    if details.startswith(RATE_LIMITED):
        return Verdict.RATE_LIMITED
    return None
