"""What is wrong in manifests: ports closed or open by accident, rules without effect, probes shut out."""

from collections.abc import Collection

from meshpolicy.api.manifests import Manifests
from meshpolicy.findings import registry
from meshpolicy.findings.finding import Finding


def lint(manifests: Manifests, *, ignore: Collection[str] = (), notes: bool = False) -> tuple[Finding, ...]:
    """Find mistakes in the manifests.

    Args:
        manifests: what `read` returned; objects that a cluster would refuse are findings, too.
        ignore: codes of findings to leave out, such as `MP035`.
        notes: whether to include notes, which are worth knowing but are no mistakes.

    Returns:
        The findings, sorted by file and line. Each has a code with an explanation and a fix.

    Raises:
        InvalidQuestion: `ignore` names a code that does not exist.

    """
    found = registry.lint(manifests.reading.linted, manifests.reading.refused)
    return registry.without(found, ignore, notes=notes)
