"""Services that are called by IPv6, past every proxy, in two states of manifests. Pure."""

from meshpolicy.analysis.change import Change, Changed
from meshpolicy.analysis.port import Port
from meshpolicy.decide.transport import IPv6Bypass, called_by_ipv6
from meshpolicy.record import record, replace


@record
class IPv6Bypasses:
    """By which Service a port is called by IPv6 in two states: no policy of the port decides such calls (R115)."""

    before: IPv6Bypass | None
    after: IPv6Bypass | None

    @classmethod
    def of(cls, before: Port, after: Port) -> "IPv6Bypasses":
        """Return it for a port."""
        return cls(*(called_by_ipv6(port.cluster, port.workload, port.number) for port in (before, after)))

    @property
    def certain(self) -> bool:
        """Whether it is known, where it is so in one state alone."""
        return all(one is None or one.certain for one in (self.before, self.after))

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return it in words."""
        told = (f"{when}, {past}" for when, past in (("before", self.before), ("now", self.after)) if past is not None)
        return tuple(told)

    def unknown(self, port: Port) -> Changed:
        """Return that it is not known what becomes of calls."""
        return Changed(Change.UNKNOWN, port.workload.ref, port.number, None, reasons=self.reasons)

    def qualified(self, changed: Changed) -> Changed:
        """Return a change; it is unknown where its calls bypassed the proxy before they open, or bypass it after."""
        passing = {Change.OPENED: self.before, Change.CLOSED: self.after}.get(changed.change)
        if passing is None:
            return changed
        return replace(changed, change=Change.UNKNOWN, before=(), after=(), reasons=(*changed.reasons, *self.reasons))
