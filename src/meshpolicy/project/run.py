"""Runs the checks of `meshpolicy.yaml`: findings, sentences, accepted access, cases. Returns one report."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum

from meshpolicy.analysis.proof import Outcome
from meshpolicy.analysis.prove import prove
from meshpolicy.api.proof import public
from meshpolicy.cases.accepted import read_accepted, violations
from meshpolicy.cases.read import read_cases
from meshpolicy.cases.verify import verify
from meshpolicy.core.errors import InvalidInput, Place, UnknownWorkload
from meshpolicy.core.progress import Progress, no_progress
from meshpolicy.findings.finding import Finding, Severity
from meshpolicy.findings.registry import lint
from meshpolicy.kinds.cluster import Cluster
from meshpolicy.manifests.manifests import Manifests
from meshpolicy.manifests.sources import read
from meshpolicy.project.project import Project, Suppression
from meshpolicy.record import record


class Part(StrEnum):
    """The part of the run that a check belongs to."""

    LINT = "lint"
    PROVE = "prove"
    ACCEPTED = "accepted access"
    CASES = "cases"
    SUPPRESSIONS = "suppressions"


@record
class Check:
    """One checked item."""

    part: Part
    name: str
    """The item: a sentence, a case, or a finding with its object."""
    severity: Severity | None = None
    """The severity of the failure; None if there is none."""
    message: str = ""
    """The mistake, in words."""
    place: Place | None = None
    code: str = ""
    """The code of a finding."""
    fix: str = ""
    subject: str = ""
    """The object of a finding."""

    @property
    def failed(self) -> bool:
        """Whether this check fails the run."""
        return self.severity in (Severity.ERROR, Severity.WARNING)


@record
class Report:
    """The results of a run."""

    reading: Manifests
    checks: tuple[Check, ...]

    @property
    def failed(self) -> bool:
        """Whether anything is wrong."""
        return any(check.failed for check in self.checks)


def run(project: Project, progress: Progress = no_progress, today: date | None = None) -> Report:
    """Run all checks of a project. Raises InvalidInput for files that cannot be read."""
    reading = read(project.sources, project.settings, "", progress, project.options)
    if reading.unusable:
        raise InvalidInput(reading.wrong)
    checks = [*_findings(project, reading, progress, today or this_day())]
    if reading.deciding:
        text = "not asked: a cluster would refuse some of the manifests"
        checks += [Check(Part.PROVE, one.sentence.text, Severity.ERROR, text, one.place) for one in project.claims]
        if project.accepted:
            checks.append(Check(Part.ACCEPTED, project.accepted, Severity.ERROR, text, Place(project.accepted)))
    else:
        checks += _proofs(project, reading.cluster, progress)
        checks += _accepted(project, reading.cluster)
    return Report(reading, (*checks, *_cases(project, progress)))


def _findings(project: Project, reading: Manifests, progress: Progress, today: date) -> Iterator[Check]:
    found = lint(reading.linted, reading.refused, progress)
    in_force = [one for one in project.suppressions if not expired(one, today)]
    shown = [one for one in found if not any(other.covers(one) for other in in_force)]
    yield from map(_of_finding, (one for one in shown if one.code.severity is not Severity.NOTE))
    if not any(one.code.severity is not Severity.NOTE for one in shown):
        yield Check(Part.LINT, "no findings")
    yield from _suppressions(project.suppressions, found, today)


def _of_finding(finding: Finding) -> Check:
    code = finding.code
    name = f"{code.code} {finding.subject}"
    subject = str(finding.subject)
    return Check(Part.LINT, name, code.severity, finding.message, finding.place, code.code, code.fix, subject)


def _suppressions(all_of_them: Sequence[Suppression], found: Sequence[Finding], today: date) -> Iterator[Check]:
    """Yield the suppressions that expired or match no finding, as they could hide later findings."""
    for one in all_of_them:
        name = f"{one.code} {one.object}"
        if not any(map(one.covers, found)):
            text = "matches no finding; take it out"
            yield Check(Part.SUPPRESSIONS, name, Severity.WARNING, text, one.place)
        elif expired(one, today):
            yield Check(Part.SUPPRESSIONS, name, Severity.WARNING, f"expired on {one.expires}", one.place)


def this_day() -> date:
    """Return today's date in UTC, by which suppressions expire."""
    return datetime.now(UTC).date()


def expired(one: Suppression, today: date) -> bool:
    """Whether a suppression has expired."""
    return bool(one.expires) and date.fromisoformat(one.expires) < today


def _proofs(project: Project, cluster: Cluster, progress: Progress) -> Iterator[Check]:
    for claimed in progress(project.claims, "sentences", len(project.claims)):
        try:
            proof = prove(cluster, claimed.sentence)
        except UnknownWorkload as error:
            yield Check(Part.PROVE, claimed.sentence.text, Severity.ERROR, str(error), claimed.place)
            continue
        answer = public(proof, cluster)
        text = "; ".join(" ".join(line.split()) for line in str(answer).splitlines())
        holds = Severity.NOTE if answer.vacuous else None
        severity = holds if proof.outcome is Outcome.PROVED else Severity.ERROR
        yield Check(Part.PROVE, answer.sentence, severity, "" if severity is None else text, claimed.place)


def _accepted(project: Project, cluster: Cluster) -> Iterator[Check]:
    if not project.accepted:
        return
    place = Place(project.accepted)
    wrong = violations(cluster, read_accepted(project.accepted, cluster.settings))
    for text in wrong:
        yield Check(Part.ACCEPTED, project.accepted, Severity.ERROR, text, place)
    if not wrong:
        yield Check(Part.ACCEPTED, project.accepted)


def _cases(project: Project, progress: Progress) -> Iterator[Check]:
    if not project.cases:
        return
    cases, problems = read_cases(project.cases, progress)
    if problems:
        raise InvalidInput(problems)
    for case in progress(cases, "cases", len(cases)):
        result = verify(case)
        told = "; ".join(f"{one.subject}: expected {one.expected}, found {one.found}" for one in result.differences)
        yield Check(Part.CASES, case.description, Severity.ERROR if told else None, told, case.place)
