"""What `localmesh test` does: plays the cases, shows how far it is, and prints what differs."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.progress import track

from localmesh.cases.junit import as_junit
from localmesh.cases.play import Played
from localmesh.cases.report import Tally, difference, play_all, readable
from localmesh.printing import terminal
from meshpolicy.cases.case import Case
from meshpolicy.render.visible import visible


async def run(paths: Iterable[Path], output: str) -> int:
    """Play the cases; return the exit code: 1 where a request ended otherwise than its case says."""
    cases = readable(paths)
    tally = Tally()
    results: list[tuple[Case, tuple[Played, ...]]] = []
    console = terminal(stderr=True)
    bar = iter(track(cases, "Playing", console=console, transient=True, disable=not console.is_terminal))
    async for case, played in play_all(cases):
        next(bar)
        tally.add(case, played)
        results.append((case, played))
    next(bar, None)
    differences = [difference(case, one) for case, played in results for one in played if one.differs]
    match output:
        case "junit":
            sys.stdout.write(as_junit(results))
        case "json":
            sys.stdout.write(_json(tally, differences))
        case _:
            sys.stdout.write(visible(_text(tally, differences)))
    return 1 if differences else 0


def _text(tally: Tally, differences: list[str]) -> str:
    return "\n".join([*differences, *tally.lines(), ""])


def _json(tally: Tally, differences: list[str]) -> str:
    found = {
        "agreed": tally.agreed,
        "differed": tally.differed,
        "not_played": tally.not_played,
        "differences": differences,
    }
    return json.dumps(found, indent=2) + "\n"
