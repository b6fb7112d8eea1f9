"""What can go wrong.

KindMeshError
├── BadInput        a setting or an argument is wrong: exit code 2
├── Unfinished      the cluster lacks a part that is needed: `up` did not finish
├── CommandFailed   a tool failed: what was run, and what it printed
└── StepFailed      a step did not reach its state: what it waited for, and what the cluster says about it
"""

from collections.abc import Sequence


class KindMeshError(Exception):
    """The base of all errors that a person is told about."""

    hint = ""


class BadInput(KindMeshError):
    """A setting or an argument is wrong."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Unfinished(KindMeshError):
    """The cluster lacks Deployments that are needed, each `namespace/name`."""

    hint = "bring up what is missing with `just up kind`, which continues where it stopped"

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__(f"the cluster is not complete; missing Deployments: {', '.join(missing)}")


class CommandFailed(KindMeshError):
    """A tool ended with an error."""

    def __init__(self, command: tuple[str, ...], output: str) -> None:
        super().__init__(f"`{' '.join(command[:6])}{' …' if len(command) > 6 else ''}` failed")
        self.command = command
        self.output = output


class StepFailed(KindMeshError):
    """A step did not reach the state that it waits for; `output` is what the cluster says about it."""

    def __init__(self, step: str, expected: str, evidence: str, hint: str = "") -> None:
        super().__init__(f"step {step} failed: expected {expected}")
        self.step = step
        self.output = evidence
        self.hint = hint
