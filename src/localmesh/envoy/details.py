"""Envoy's response code details (`%RESPONSE_CODE_DETAILS%`), and the policy verdict that each stands for."""

from meshpolicy.decide.decision import Verdict

DENIED = "rbac_access_denied"
NO_ROUTE = "route_not_found"
RATE_LIMITED = "local_rate_limited"
DIRECT = "direct_response"
"""A route responded itself. If it has no object's name, it is the 404 for requests that match no other route."""


def refusal(details: str, route: str, status: int = 404) -> Verdict | None:
    """Return how the policies refused a request; None if they allowed it or did not decide.

    `route` names the object whose route matched, or is empty; `status` is the HTTP status of the response.
    """
    if details.startswith(DENIED):
        return Verdict.FORBIDDEN
    if details.startswith(NO_ROUTE) or (details == DIRECT and status == 404 and not route):
        return Verdict.NOT_FOUND
    if details.startswith(RATE_LIMITED):
        return Verdict.RATE_LIMITED
    return None
