"""Reads Linkerd policy from manifests and says who may call whom, and why.

    from meshpolicy import check, read

    manifests = read("k8s", "mesh/policies")
    answer = check(manifests, "pingpong/pinger", "pingpong/ponger:http/ping")
    assert answer.allowed, str(answer)

What stands in `__all__` is the library, and follows semantic versioning; all else is internal.
"""

from importlib import import_module

TYPE_CHECKING = False
"""True to type checkers, as that of `typing`, whose import takes longer than this one."""

if TYPE_CHECKING:
    from meshpolicy.analysis.change import Change
    from meshpolicy.analysis.proof import Outcome
    from meshpolicy.api.access import Access, accesses
    from meshpolicy.api.change import Changed, diff
    from meshpolicy.api.check import Answer, Suggestion, Way, check
    from meshpolicy.api.lint import lint
    from meshpolicy.api.manifests import Installation, Manifests, read
    from meshpolicy.api.policies import GrantedCalls, LeastPolicies, NotGranted, least_policies
    from meshpolicy.api.proof import Proof, prove
    from meshpolicy.api.readiness import Need, UnderDeny, under_deny
    from meshpolicy.api.witness import Witness
    from meshpolicy.core.errors import (
        InvalidInput,
        InvalidQuestion,
        MeshPolicyError,
        Place,
        Problem,
        ProblemKind,
        UnknownWorkload,
    )
    from meshpolicy.core.ref import Origin, Reason, Ref
    from meshpolicy.decide.answer import Layer
    from meshpolicy.decide.decision import Verdict
    from meshpolicy.findings.finding import Code, Finding, Severity
    from meshpolicy.ready.readiness import Readiness
    from meshpolicy.ready.standing import Standing

__version__ = "1.0.0"

__all__ = [
    "Access",
    "Answer",
    "Change",
    "Changed",
    "Code",
    "Finding",
    "GrantedCalls",
    "Installation",
    "InvalidInput",
    "InvalidQuestion",
    "Layer",
    "LeastPolicies",
    "Manifests",
    "MeshPolicyError",
    "Need",
    "NotGranted",
    "Origin",
    "Outcome",
    "Place",
    "Problem",
    "ProblemKind",
    "Proof",
    "Readiness",
    "Reason",
    "Ref",
    "Severity",
    "Standing",
    "Suggestion",
    "UnderDeny",
    "UnknownWorkload",
    "Verdict",
    "Way",
    "Witness",
    "__version__",
    "accesses",
    "check",
    "diff",
    "least_policies",
    "lint",
    "prove",
    "read",
    "under_deny",
]

_NAMES = {
    "analysis.change": ("Change",),
    "analysis.proof": ("Outcome",),
    "api.access": ("Access", "accesses"),
    "api.change": ("Changed", "diff"),
    "api.check": ("Answer", "Suggestion", "Way", "check"),
    "api.lint": ("lint",),
    "api.manifests": ("Installation", "Manifests", "read"),
    "api.policies": ("GrantedCalls", "LeastPolicies", "NotGranted", "least_policies"),
    "api.proof": ("Proof", "prove"),
    "api.readiness": ("Need", "UnderDeny", "under_deny"),
    "api.witness": ("Witness",),
    "core.errors": (
        "InvalidInput",
        "InvalidQuestion",
        "MeshPolicyError",
        "Place",
        "Problem",
        "ProblemKind",
        "UnknownWorkload",
    ),
    "core.ref": ("Origin", "Reason", "Ref"),
    "decide.answer": ("Layer",),
    "decide.decision": ("Verdict",),
    "findings.finding": ("Code", "Finding", "Severity"),
    "ready.readiness": ("Readiness",),
    "ready.standing": ("Standing",),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

if not TYPE_CHECKING:  # a type checker would take every name for one that is here

    def __getattr__(name: str) -> object:
        """Import what is asked for when it is asked for: `import meshpolicy` alone reads no other module."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return __all__
