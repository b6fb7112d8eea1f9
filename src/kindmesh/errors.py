"""What can go wrong.

KindMeshError
├── BadInput        a setting or an argument is wrong: exit code 2
├── CommandFailed   a tool said no: what was run, and what it printed
└── StepFailed      a step did not get where it had to: what it waited for, and what the cluster says about it
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
    """A step did not get where it had to."""

    def __init__(self, step: str, waited_for: str, evidence: str, hint: str = "") -> None:
        super().__init__(f"step {step}: {waited_for} did not come about")
        self.step = step
        self.output = evidence
        self.hint = hint
