"""What makes a function a check: the code under which it finds things. Pure.

A check is one function in a module of this package. The registry finds the module by itself.
"""

from collections.abc import Callable, Iterator

from meshpolicy.core.ref import Ref
from meshpolicy.findings.finding import Code, Severity
from meshpolicy.kinds.cluster import Cluster

Found = Iterator[tuple[Ref, str]]
"""Objects, and what is wrong with each."""
Check = Callable[[Cluster], Found]

CHECKS: dict[Code, Check] = {}
"""Every code with the check that finds it, in the order of their definition."""


def code(
    number: str, title: str, rules: str, *, explanation: str, fix: str, severity: Severity = Severity.WARNING
) -> Callable[[Check], Check]:
    """Register a check under a code; `rules` are the rules that it rests on, separated by spaces."""

    def register(check: Check) -> Check:
        CHECKS[Code(number, title, severity, tuple(rules.split()), explanation, fix)] = check
        return check

    return register
