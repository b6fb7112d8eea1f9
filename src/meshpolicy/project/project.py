"""The contents of `meshpolicy.yaml`. Pure values."""

from dataclasses import field
from fnmatch import fnmatchcase

from meshpolicy.cases.proofs import Claimed
from meshpolicy.core.errors import Place
from meshpolicy.findings.finding import Finding
from meshpolicy.kinds.settings import MeshSettings
from meshpolicy.manifests.options import AS_IT_IS, ReadOptions
from meshpolicy.record import record


@record
class Suppression:
    """A finding that does not fail the run: its code, its object, the reason, and the expiry."""

    code: str
    object: str
    """An object as findings name it, `Server shop/web`; `*` matches any characters."""
    reason: str
    place: Place
    expires: str = ""
    """The last day on which it applies; empty if it does not expire."""

    def covers(self, finding: Finding) -> bool:
        """Whether it applies to a finding."""
        return finding.code.code == self.code and fnmatchcase(str(finding.subject), self.object)


@record
class Project:
    """What is read, what must hold, and what was accepted."""

    place: Place
    sources: tuple[str, ...] = ()
    options: ReadOptions = AS_IT_IS
    settings: MeshSettings = field(default_factory=MeshSettings)
    claims: tuple[Claimed, ...] = ()
    accepted: str = ""
    """The file of accepted access; empty if access is not compared."""
    cases: tuple[str, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
