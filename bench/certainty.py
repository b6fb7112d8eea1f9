"""Asks random pairs of clusters whether a verb is certain where `check` is not.

Either small ones of which much is not known, or what people wrote (cases, broken deployments, this project), edited.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from blocks import ask_each, blocks
from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # instead of this folder, in which a file has the name of the package

from tests.meshpolicy.certainty import DOUBTED, WRITTEN, Made, faults, states  # noqa: E402 # beside the tests that use it, too

BLOCK = 250
"""Pairs that are made from one seed; the next ones are made from the next."""


def asked(kind: st.SearchStrategy[Made], pairs: int, start: int) -> Counter[str]:
    """Ask so many pairs of a kind, in blocks of one seed each; print each kind of fault of a pair once; count all."""
    found: Counter[str] = Counter()
    for number, size in blocks(pairs, start, BLOCK):
        _block(found, kind, size, number)
        sys.stderr.write(f"seed {number}: {dict(found)}\n")
    return found


def _block(found: Counter[str], kind: st.SearchStrategy[Made], pairs: int, start: int) -> None:
    def ask(made: Made, chance: int) -> None:
        _, doubts, both, closed = made
        wrong = {fault.kind: fault for fault in faults(*states(made), chance)}
        found["pairs"] += 1
        found.update(wrong.keys())
        for fault in wrong.values():
            where = "in both states" if both else "in the second state"
            told = f"{', '.join(doubts)}, {where}{', closed world' * closed}"
            sys.stdout.write(f"{fault.kind}: {told}: {fault.text}\n")

    ask_each(kind, pairs, start, ask)


def main() -> None:
    """Ask, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000, help="how many pairs")
    parser.add_argument("--seed", type=int, default=1, help=f"of the first {BLOCK} pairs; the next is of the next ones")
    parser.add_argument("--written", action="store_true", help="edit what people wrote")
    options = parser.parse_args()
    found = asked(WRITTEN if options.written else DOUBTED, options.pairs, options.seed)
    sys.stdout.write(f"{found.pop('pairs')} pairs, {found.total()} faults\n")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
