"""The decorator that registers a function as a check, with the code of its findings. Pure.

A check is a function in a module of this package. The registry finds the modules automatically.
"""

from collections.abc import Callable, Iterator

from meshpolicy.core.ref import Ref
from meshpolicy.findings.finding import Code, Severity
from meshpolicy.kinds.cluster import Cluster

Found = Iterator[tuple[Ref, str]]
"""Objects, each with its mistake in words."""
Check = Callable[[Cluster], Found]

CHECKS: dict[Code, Check] = {}
"""The check for each code, in the order of definition."""


def code(
    number: str, title: str, rules: str, *, explanation: str, fix: str, severity: Severity = Severity.WARNING
) -> Callable[[Check], Check]:
    """Register a check under a code; `rules` are the rules that it is based on, separated by spaces."""

    def register(check: Check) -> Check:
        CHECKS[Code(number, title, severity, tuple(rules.split()), explanation, fix)] = check
        return check

    return register
