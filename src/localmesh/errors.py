"""The errors of this package; the command line turns each into one message and an exit code.

LocalMeshError
├── BadInput            what the person gave cannot be used; carries every reason found (exit code 2)
├── NotRunning          no supervisor answers in the state folder (exit code 2)
├── CommandFailed       a program that was started failed; carries what it printed
└── TimedOut            a fact that was waited for did not come
"""


class LocalMeshError(Exception):
    """The base of all errors of this package."""


class BadInput(LocalMeshError):
    """What the person gave cannot be used; `reasons` holds everything that is wrong, in order."""

    def __init__(self, *reasons: str, hint: str = "") -> None:
        super().__init__("\n".join(reasons))
        self.reasons = reasons
        self.hint = hint


class NotRunning(LocalMeshError):
    """No supervisor answers in the state folder."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint


class CommandFailed(LocalMeshError):
    """A program that was started failed; `output` is what it printed last."""

    def __init__(self, what: str, output: str = "") -> None:
        super().__init__(what)
        self.output = output


class TimedOut(LocalMeshError):
    """A fact that was waited for did not come."""

    def __init__(self, what: str, within: float) -> None:
        super().__init__(f"{what} within {within:g} s")


def os_error_text(error: OSError) -> str:
    """Return what the system refused in words: which file, and why."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason
