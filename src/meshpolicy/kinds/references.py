"""References from one object to another, by group, kind and name. Pure."""

from meshpolicy.core.fields import Fields
from meshpolicy.record import record


@record
class Target:
    """A reference by group, kind and name; `namespace` is filled in where it was left out."""

    group: str
    kind: str
    namespace: str
    name: str
    port: int | None = None
    section: str = ""

    def __str__(self) -> str:
        return f"`{self.kind}`" + (f" of `{self.group}`" if self.group else " without a group")


def read_target(fields: Fields, namespace: str) -> Target:
    """Read a reference; `namespace` is where the name is looked up if the reference does not say.

    An empty namespace is no namespace left out: nothing is found there (R29).
    """
    return Target(
        fields.text("group"),
        fields.text("kind"),
        fields.text("namespace", namespace),
        fields.text("name"),
        fields.integer("port") if fields.has("port") else None,
        fields.text("sectionName"),
    )


def kind_of(target: Target) -> tuple[str, str]:
    """Return group and kind as Linkerd compares them: without case, no group meaning the core one (R27)."""
    return target.group.lower() or "core", target.kind.lower()
