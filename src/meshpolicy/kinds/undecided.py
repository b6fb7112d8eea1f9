"""Objects whose text has variables without values: they exist, and what they say is not known (R130). Pure."""

from dataclasses import dataclass

from meshpolicy.core.policy import Ref
from meshpolicy.kinds.kind import GATEWAY_GROUP, POLICY_GROUP

POLICIES = frozenset({POLICY_GROUP, GATEWAY_GROUP})
AUTHENTICATIONS = frozenset({"MeshTLSAuthentication", "NetworkAuthentication"})


@dataclass(frozen=True, slots=True)
class Undecided:
    """An object that cannot be read, since a GitOps tool has yet to fill in its variables."""

    ref: Ref
    variables: tuple[str, ...]
    text: str = ""
    """All that it says, by which two of them are told apart."""

    @property
    def told(self) -> str:
        """Return what is missing, as the end of a sentence."""
        names = ", ".join(self.variables)
        return f"has the variable {names}, which has no value; give it with --set {self.variables[0]}=VALUE"

    @property
    def decides_ports(self) -> bool:
        """Whether it may be about any port of its namespace; authentications act only where they are named."""
        return self.ref.group in POLICIES and self.ref.kind not in AUTHENTICATIONS
