"""Services that clients reach over IPv6, bypassing the proxies, in two states of the manifests. Pure."""

from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.port import Port
from meshpolicy.decide.transport import IPv6Bypass, called_by_ipv6
from meshpolicy.record import record, replace


@record
class IPv6Bypasses:
    """The Services through which clients reach a port over IPv6 in two states; no policy decides such calls (R115)."""

    before: IPv6Bypass | None
    after: IPv6Bypass | None

    @classmethod
    def of(cls, before: Port, after: Port) -> "IPv6Bypasses":
        """Return the Services of a port in its two states."""
        return cls(*(called_by_ipv6(port.cluster, port.workload, port.number) for port in (before, after)))

    @property
    def certain(self) -> bool:
        """Whether it is known, for both states, that the proxy is bypassed or not."""
        return all(one is None or one.certain for one in (self.before, self.after))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return a sentence for each state in which the proxy is, or may be, bypassed."""
        told = (f"{when}, {past}" for when, past in (("before", self.before), ("now", self.after)) if past is not None)
        return tuple(told)

    def unknown(self, port: Port) -> Changed:
        """Return a change that says that the outcome of the port's calls is unknown."""
        return Changed(Change.UNKNOWN, port.workload.ref, port.number, None, reasons=self.reasons)

    def qualified(self, changed: Changed) -> Changed:
        """Return a change, marked unknown if opened calls bypassed the proxy before, or closed calls bypass it now."""
        passing = {Change.OPENED: self.before, Change.CLOSED: self.after}.get(changed.change)
        if passing is None:
            return changed
        return replace(changed, change=Change.UNKNOWN, before=(), after=(), reasons=(*changed.reasons, *self.reasons))
