"""The registry of all checks: imports every module of this package, which registers its checks. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from meshpolicy import findings as package
from meshpolicy.core.errors import InvalidQuestion, Place, Problem
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.core.ref import Ref
from meshpolicy.findings.check import CHECKS
from meshpolicy.findings.finding import Code, Finding, Severity
from meshpolicy.kinds.cluster import Cluster

REFUSED = Code(
    "MP029",
    "A manifest that a cluster would refuse",
    Severity.ERROR,
    ("R38", "N15"),
    "The API server or Linkerd's webhook refuses it. Outside of HA installations the webhook's failurePolicy is "
    "Ignore: while it is down the object gets in, and the controller skips it or keeps the version before.",
    "Correct what the message names.",
)


@cache
def codes() -> tuple[Code, ...]:
    """Return all codes, sorted by number."""
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        import_module(module.name)
    return tuple(sorted((*CHECKS, REFUSED), key=lambda code: code.code))


def lint(cluster: Cluster, refused: Iterable[Problem] = (), progress: Progress = no_progress) -> tuple[Finding, ...]:
    """Return all findings, sorted by place, including one for each object that a cluster would refuse."""
    known = [code for code in codes() if code in CHECKS]
    found = [
        Finding(code, subject, message)
        for code in progress(known, "checks made", len(known))
        for subject, message in dict.fromkeys(CHECKS[code](cluster))
    ]
    found += [Finding(REFUSED, _refused(cluster, problem.place), problem.message) for problem in refused]
    return tuple(sorted(found, key=lambda finding: (finding.place, finding.code.code, finding.message)))


def _refused(cluster: Cluster, place: Place) -> Ref:
    """Return the object in the document at a place; without a single one, a `manifest` named by the field."""
    known = [one.ref for one in cluster.objects if one.ref.place and _document(one.ref.place) == _document(place)]
    return replace(known[0], place=place) if len(known) == 1 else Ref("", "manifest", "", place.field, place)


def _document(place: Place) -> tuple[str, int]:
    return place.file, place.document


def without(findings: Iterable[Finding], ignored: Collection[str], *, notes: bool) -> tuple[Finding, ...]:
    """Return the findings without the ignored codes, and without notes unless `notes`. Raises InvalidQuestion."""
    known = [code.code for code in codes()]
    for code in ignored:
        if code not in known:
            close = " or ".join(get_close_matches(code.upper(), known, n=2)) or f"{known[0]} to {known[-1]}"
            raise InvalidQuestion(f"ignore {code}: no such code; did you mean {close}?")
    wanted = (finding for finding in findings if finding.code.code not in ignored)
    return tuple(finding for finding in wanted if notes or finding.code.severity is not Severity.NOTE)
