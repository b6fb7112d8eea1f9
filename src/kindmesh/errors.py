"""What can go wrong.

KindMeshError
├── BadInput        a setting or an argument is wrong: exit code 2
├── CommandFailed   a tool failed: what was run, and what it printed
└── StepFailed      a step did not reach its state: what it waited for, and what the cluster says about it
"""


class KindMeshError(Exception):
    """The base of all errors that a person is told about."""

    hint = ""


class BadInput(KindMeshError):
    """A setting or an argument is wrong."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


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
