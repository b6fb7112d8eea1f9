"""The faults, by name."""

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from localmesh.chaos import certificates, collector, disk, processes
from localmesh.chaos.site import Site
from localmesh.chaos.story import Story
from localmesh.errors import BadInput


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can break."""

    description: str
    run: Callable[[Site], Coroutine[Any, Any, Story]]
    private: bool = False
    """Whether it needs a mount namespace of its own."""


FAULTS: Mapping[str, Fault] = {
    "app": Fault("kill a program", processes.kill_app),
    "sidecar": Fault("kill a sidecar", processes.kill_sidecar),
    "supervisor": Fault("kill the supervisor, then `up`", processes.kill_supervisor),
    "stopped": Fault("stop a program as a deadlock would", processes.stop_app),
    "slow": Fault("make a program slow", processes.slow_app),
    "certificates": Fault("let certificates expire, on a second mesh", certificates.expire),
    "collector": Fault("end the collector of traces, on a second mesh", collector.lose_collector),
    "spans": Fault("have spans pile up, on a second mesh", collector.stall_collector),
    "disk": Fault("fill the disk for the logs, on a second mesh", disk.fill_disk, private=True),
}


def find_fault(name: str) -> Fault:
    """Return the fault of a name, or raise BadInput with all names."""
    if name not in FAULTS:
        known = ", ".join(f"{key} ({fault.description})" for key, fault in FAULTS.items())
        raise BadInput(f"{name}: unknown fault; expected one of {known}")
    return FAULTS[name]
