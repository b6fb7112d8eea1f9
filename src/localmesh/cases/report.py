"""Plays many cases in turn, and says where Envoy and the cases agree."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localmesh.cases.play import Played, credentials_for, play
from localmesh.errors import BadInput
from meshpolicy.cases.case import Case
from meshpolicy.cases.read import read_cases


@dataclass(slots=True)
class Tally:
    """How many requests agreed, differed, or were not played, and why not."""

    agreed: int = 0
    differed: int = 0
    not_played: dict[str, list[str]] = field(default_factory=dict)
    """Requests by the reason for which they were not played."""

    def add(self, case: Case, played: Iterable[Played]) -> None:
        """Count the requests of a case."""
        for one in played:
            if one.why_not:
                self.not_played.setdefault(one.why_not, []).append(f"{case.place.file}: {one.request}")
            elif one.differs:
                self.differed += 1
            else:
                self.agreed += 1

    def lines(self) -> list[str]:
        """Return the summary."""
        total = self.agreed + self.differed
        found = [f"{self.agreed} of {total} requests ended on Envoy as the cases say."]
        for why, requests in sorted(self.not_played.items()):
            found += [f"{len(requests)} not played: {why}", *(f"  {request}" for request in requests)]
        return found


def readable(paths: Iterable[Path]) -> tuple[Case, ...]:
    """Return the cases of files and folders, or raise BadInput with all that is wrong with them."""
    cases, problems = read_cases(paths)
    if problems:
        raise BadInput(*map(str, problems))
    if not cases:
        raise BadInput("there are no cases in these files")
    return cases


async def play_all(cases: Iterable[Case]) -> AsyncIterator[tuple[Case, tuple[Played, ...]]]:
    """Play the cases one after the other, each in pods of its own; nothing of them is left afterwards."""
    # The folder's path must be short: Unix sockets are in it.
    with tempfile.TemporaryDirectory(prefix="lm-") as folder:
        credentials = credentials_for(Path(folder))
        for number, case in enumerate(cases):
            yield case, await play(case, Path(folder) / str(number), credentials)


def difference(case: Case, played: Played) -> str:
    """Return one line about a request that ended otherwise than its case says."""
    expected = words(played.request.expect)
    return f"{case.place.file}: {played.request}: expected {expected}, found {words(played.found)}"


def words(outcomes: Mapping[str, int]) -> str:
    """Return outcomes as a person writes them: `allow`, or `5 allow, 15 429`."""
    if list(outcomes.values()) == [1]:
        return next(iter(outcomes))
    return ", ".join(f"{count} {word}" for word, count in sorted(outcomes.items()))
