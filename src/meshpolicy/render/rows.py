"""Results as rows of text, for every format with columns. Text is built here and printed elsewhere."""

from meshpolicy.analysis.access import Access
from meshpolicy.analysis.change import Changed
from meshpolicy.analysis.refusals import Denied
from meshpolicy.analysis.words import access_words
from meshpolicy.kinds.settings import MeshSettings

ACCESS_HEAD = ("server", "port", "client", "requests", "granted by")
REFUSAL_HEAD = ("server", "port", "client", "requests", "refused by")
CHANGE_HEAD = ("change", "client", "server", "requests", "granted by")


def access_row(access: Access, settings: MeshSettings, *, explain: bool = False) -> list[str]:
    """Return the cells of one access; `explain` adds the place of its grant."""
    row = [*access_words(access, settings), granted_by(access)]
    return [*row, str(access.by.place or "")] if explain else row


def granted_by(access: Access) -> str:
    """Return the object that grants an access, in words."""
    if access.unknown:
        return f"unknown: {access.unknown}"
    return f"{access.by.kind} {access.by.name}" if access.by.is_object else str(access.by)


def refusal_row(refusal: Denied) -> list[str]:
    """Return the cells of one refusal."""
    by = "unknown" if refusal.unknown else refusal.layer
    return [refusal.server, str(refusal.port), refusal.client, refusal.what, f"{by}: {refusal.why}"]


def grounds(changed: Changed) -> str:
    """Return the objects that admit a client before and after, or why that is unknown."""
    if changed.reasons:
        return "; ".join(changed.reasons)
    before, after = ", ".join(map(str, changed.before)), ", ".join(map(str, changed.after))
    return f"{before} -> {after}" if before and after else before or after
