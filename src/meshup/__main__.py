"""Runs a verb on its backend: `python -m meshup VERB [local|kind] [ARGUMENT…]`; `--help` says how it chooses."""

import os
import subprocess
import sys

from meshup.backend import WORDS, Backend, choose
from meshup.running import cluster_runs, kind_has_the_cluster, local_mesh_runs

BAD_INPUT = 2
INTERRUPTED = 130
HELP = """\
Usage: python -m meshup VERB [local|kind] [ARGUMENT]...

  Run a verb on a backend: the local mesh, or a Kubernetes cluster.

Verbs:
  up      Start it: on kind if a Docker engine answers and kind, kubectl and
          helm are installed, else on this machine without a cluster.
  down    Stop the local mesh, and remove the kind cluster if there is one. To
          clean up a cluster of your own, say `down kind`.
  status, verify, chaos, ask, logs, traces, rotate, restart, stat, edges, tap,
  dashboard, metrics
          Run on the local mesh, or on the cluster if only the cluster runs.

The word after the verb chooses the backend; without it MESHUP_BACKEND does
(local, kind, or empty). All other arguments go to the backend: see `VERB --help`.
"""


def main() -> None:
    """Hand the verb over; the backend's exit code is this program's."""
    verb, *arguments = sys.argv[1:] or ["--help"]
    if verb in ("-h", "--help"):
        sys.stdout.write(HELP)
        return
    asked = arguments.pop(0) if arguments and arguments[0] in WORDS else os.environ.get("MESHUP_BACKEND", "")
    if asked and asked not in WORDS:
        refuse(f"MESHUP_BACKEND={asked}: expected {' or '.join(WORDS)}")
    if verb == "up":
        if arguments and not arguments[0].startswith("-"):
            refuse(f"unknown backend `{arguments[0]}`: expected {' or '.join(WORDS)}")
        choice = choose(asked)
        print(choice, file=sys.stderr, flush=True)  # noqa: T201 the one line that names the backend
        hand_over(choice.backend, verb, arguments)
    if verb == "down" and not asked:
        sys.exit(take_all_down(arguments))
    hand_over(WORDS[asked] if asked else running(), verb, arguments)


def refuse(reason: str) -> None:
    """Print what is wrong with the arguments, and exit."""
    print(f"error: {reason}", file=sys.stderr)  # noqa: T201 the one line of an error
    sys.exit(BAD_INPUT)


def running() -> Backend:
    """Return the backend that runs, the local mesh first."""
    return Backend.KIND if not local_mesh_runs() and cluster_runs() else Backend.LOCAL


def take_all_down(arguments: list[str]) -> int:
    """Stop the local mesh, and the kind cluster if there is one; return 1 if one of them failed.

    A cluster of your own is left alone: `down kind` cleans it up.
    """
    backends = [Backend.LOCAL, *([Backend.KIND] if kind_has_the_cluster() else [])]
    kept = {name: value for name, value in os.environ.items() if name != "KINDMESH_CONTEXT"}
    codes = [subprocess.run([*command(b), "down", *arguments], env=kept, check=False).returncode for b in backends]
    return codes[0] if len(codes) == 1 else int(any(codes))


def command(backend: Backend) -> list[str]:
    """Return how the backend's command line is started."""
    return [sys.executable, "-m", backend.value]


def hand_over(backend: Backend, verb: str, arguments: list[str]) -> None:
    """Become the backend's command line, so that signals and the terminal are its own."""
    os.execv(sys.executable, [*command(backend), verb, *arguments])  # noqa: S606 an argument list, no shell


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
