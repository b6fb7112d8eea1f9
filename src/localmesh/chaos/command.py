"""What `localmesh chaos` does: breaks one thing under load, and prints what became of it."""

import asyncio
import sys

from localmesh.chaos.disk import become_private
from localmesh.chaos.faults import find_fault
from localmesh.chaos.site import Site
from localmesh.printing import say, terminal
from localmesh.state import StateFolder
from localmesh.supervisor.launch import interruptible


def run(name: str, folder: StateFolder, output: str, *, private: bool) -> int:
    """Break one thing; return the exit code: 1 where a request was lost. `private`: the mounts are one's own."""
    fault = find_fault(name)
    if fault.private and not private:
        become_private([name, "--output", output, "--private"])
    # Whoever ends this, nothing of a second mesh may outlive it.
    with interruptible():
        story = asyncio.run(fault.run(Site.find(folder, say)))
    if output == "json":
        sys.stdout.write(story.to_json() + "\n")
    else:
        terminal().print(story.table())
    return 1 if story.load.lost else 0
