"""What is wrong in manifests: ports closed or open by accident, rules without effect, probes shut out."""

from collections.abc import Collection

from meshpolicy.api.manifests import Manifests
from meshpolicy.findings import registry
from meshpolicy.findings.finding import Finding


def lint(manifests: Manifests, *, ignore: Collection[str] = (), notes: bool = False) -> tuple[Finding, ...]:
    """Look for mistakes.

    Args:
        manifests: what `read` returned; what a cluster would refuse of it is a finding, too.
        ignore: codes that are left out, such as `MP035`.
        notes: whether notes are among the findings: worth knowing, and no mistakes.

    Returns:
        The findings, by file and line. Each has a code with an explanation and a fix.

    Raises:
        InvalidQuestion: a code to ignore does not exist.

    """
    found = registry.lint(manifests.reading.linted, manifests.reading.refused)
    return registry.without(found, ignore, notes=notes)
