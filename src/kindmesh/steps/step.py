"""Steps: each installs one part, waits for a named condition, and can be run again by itself."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kindmesh.errors import BadInput, StepFailed
from kindmesh.pins import Pin
from kindmesh.settings import Settings
from kindmesh.tools.kube import Kube, evidence


@dataclass(frozen=True, slots=True)
class Site:
    """What every step works with."""

    settings: Settings
    kube: Kube
    pins: "dict[str, Pin]"
    say: Callable[[str], None]
    notes: "dict[str, str]" = field(default_factory=dict)
    """Values that one step passes to a later one."""


@dataclass(frozen=True, slots=True)
class Step:
    """One part of the cluster."""

    name: str
    waits_for: str
    run: Callable[[Site], int]
    """Run it; returns how many objects changed."""
    part: str = ""
    """The optional part that it belongs to; empty: it is always run."""


@dataclass(frozen=True, slots=True)
class StepResult:
    """How a step went."""

    step: str
    seconds: float
    changes: int

    def __str__(self) -> str:
        changed = f"{self.changes} changed" if self.changes else "nothing to change"
        return f"✓ {self.step} ({self.seconds:.1f} s, {changed})"


def select_steps(steps: Sequence[Step], settings: Settings, only: Sequence[str] = ()) -> list[Step]:
    """Return the steps to run, in order."""
    known = [step.name for step in steps]
    if unknown := [name for name in only if name not in known]:
        raise BadInput(f"--only {unknown[0]}: unknown step; expected one of {', '.join(known)}")
    return [step for step in steps if (not step.part or settings.has(step.part)) and (not only or step.name in only)]


def run_steps(steps: Sequence[Step], site: Site) -> list[StepResult]:
    """Run the steps one after the other, and say how long each took."""
    done = []
    for step in steps:
        site.say(f"… {step.name}: waiting until {step.waits_for}")
        start = time.monotonic()
        changes = step.run(site)
        done.append(StepResult(step.name, time.monotonic() - start, changes))
        site.say(str(done[-1]))
    return done


def wait_for_rollout(site: Site, step: str, namespace: str, *names: str, within: int = 180) -> None:
    """Wait until Deployments, or `daemonset/NAME`, are rolled out; fail with what the cluster says about their pods."""
    for name in (name if "/" in name else f"deployment/{name}" for name in names):
        found = site.kube.attempt(
            *("-n", namespace, "rollout", "status", name, f"--timeout={within}s"), timeout=within + 10
        )
        if found.code != 0:
            conditions = site.kube.attempt("-n", namespace, "describe", name).text[-1500:]
            proof = f"{found.text}\n{evidence(site.kube, namespace)}\n{conditions}"
            raise StepFailed(
                step, f"the rollout of {namespace}/{name}", proof, f"fix the cause, then `kindmesh up --only {step}`"
            )
