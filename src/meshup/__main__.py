"""Takes a verb to the backend: `python -m meshup VERB [local|kind] [ARGUMENT…]`.

`up` chooses by what this machine has, or takes what MESHUP_BACKEND says;
every other verb goes to what runs, and to the local mesh where nothing does.
"""

import os
import subprocess
import sys

from meshup.backend import WORDS, Backend, choose
from meshup.running import cluster_runs, local_mesh_runs


def main() -> None:
    """Hand the verb over; the backend's exit code is this program's."""
    verb, *arguments = sys.argv[1:] or ["--help"]
    asked = arguments.pop(0) if arguments and arguments[0] in WORDS else os.environ.get("MESHUP_BACKEND", "")
    if asked and asked not in WORDS:
        sys.exit(f"MESHUP_BACKEND={asked}: accepted are {' and '.join(WORDS)}")
    if verb == "up":
        choice = choose(asked)
        print(choice, file=sys.stderr, flush=True)  # noqa: T201 the one line that names the backend
        hand_over(choice.backend, verb, arguments)
    if verb == "down" and not asked:
        sys.exit(take_all_down(arguments))
    hand_over(WORDS[asked] if asked else running(), verb, arguments)


def running() -> Backend:
    """Return the backend that runs, the local mesh first."""
    return Backend.KIND if not local_mesh_runs() and cluster_runs() else Backend.LOCAL


def take_all_down(arguments: list[str]) -> int:
    """Stop the local mesh, and the cluster if there is one; return the worst exit code."""
    backends = [Backend.LOCAL, *([Backend.KIND] if cluster_runs() else [])]
    codes = [subprocess.run([*command(backend), "down", *arguments], check=False).returncode for backend in backends]
    return max(codes)


def command(backend: Backend) -> list[str]:
    """Return how the backend's command line is started."""
    return [sys.executable, "-m", backend.value]


def hand_over(backend: Backend, verb: str, arguments: list[str]) -> None:
    """Become the backend's command line, so that signals and the terminal are its own."""
    os.execv(sys.executable, [*command(backend), verb, *arguments])  # noqa: S606 an argument list, no shell


if __name__ == "__main__":
    main()
