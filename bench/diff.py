"""Asks random pairs of small clusters whether `diff` tells all calls that flip, and none that does not."""

import argparse
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from blocks import ask_each, blocks

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # instead of this folder, in which a file has the name of the package

from tests.meshpolicy.flips import PAIRS, Count, Fault, State, faults  # noqa: E402 # beside the tests that use it, too

BLOCK = 500
"""Pairs that are made from one seed; the next ones are made from the next."""


@dataclass(slots=True)
class Found:
    """What came of all pairs."""

    pairs: int = 0
    changed: int = 0
    missed: int = 0
    spurious: int = 0
    count: Count = field(default_factory=Count)
    examples: list[str] = field(default_factory=list)


def asked(pairs: int, start: int) -> Found:
    """Ask so many pairs, in blocks made from one seed each; of each block say what has been found so far."""
    found = Found()
    try:
        for number, size in blocks(pairs, start, BLOCK):
            _block(found, size, number)
            sys.stderr.write(f"seed {number}: {found.pairs} pairs, {found.missed} missed, {found.spurious} spurious\n")
    except KeyboardInterrupt:
        sys.stderr.write("stopped before the end\n")
    return found


def _block(found: Found, pairs: int, start: int) -> None:
    def ask(pair: tuple[State, State], chance: int) -> None:
        lines = found.count.lines
        wrong = list(faults(*pair, chance, found.count))
        found.pairs += 1
        found.changed += found.count.lines > lines
        _noted(found, wrong, pair)

    ask_each(PAIRS, pairs, start, ask)


def _noted(found: Found, wrong: list[Fault], pair: tuple[State, State]) -> None:
    for fault in wrong:
        found.missed += fault.kind == "missed"
        found.spurious += fault.kind == "spurious"
    if wrong:
        kept = [[one for one in state if one not in other] for state, other in (pair, pair[::-1])]
        found.examples.append(json.dumps({"faults": [str(fault) for fault in wrong], "old": kept[0], "new": kept[1]}))


def main() -> None:
    """Ask, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=10_000, help="how many pairs")
    parser.add_argument("--seed", type=int, default=1, help=f"of the first {BLOCK} pairs; the next is of the next ones")
    parser.add_argument("--output", choices=("text", "json"), default="text", help="the form of the output")
    parser.add_argument("--examples", type=int, default=0, help="show so many pairs that went wrong")
    parser.add_argument("--quick", action="store_true", help="200 pairs only")
    arguments, _ = parser.parse_known_args()
    found = asked(200 if arguments.quick else arguments.pairs, arguments.seed)
    if arguments.output == "json":
        sys.stdout.write(json.dumps(asdict(found)) + "\n")
    else:
        count = found.count
        sys.stdout.write(
            f"{found.pairs} pairs, {found.changed} of them with changes: {count.lines} lines, {count.unknown} unknown\n"
            f"{count.calls} calls asked of both states, {count.flips} of them flip\n"
            f"{found.missed} missed, {found.spurious} spurious\n"
            f"{1000 * count.seconds / max(found.pairs, 1):.1f} ms a difference\n"
        )
        sys.stdout.writelines(f"{example}\n" for example in found.examples[: arguments.examples])
    sys.exit(1 if found.missed or found.spurious else 0)


if __name__ == "__main__":
    main()
