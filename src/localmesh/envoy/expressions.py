"""Rust's regular expressions as Envoy's RE2 reads them: the same set of values, whichever syntax each of them shares.

An expression becomes the automaton of the values that its match spans in Linkerd's proxy (R90, R93), and that becomes
an expression of the syntax that all engines share: branches, repetitions, classes of bytes by number. RE2 is to
match whole values, as Envoy asks it to.
"""

from functools import lru_cache

from meshpolicy.core.alphabet import Intervals, complement, intersection, union
from meshpolicy.core.automaton import Automaton, TooLarge
from meshpolicy.core.regex import UnsupportedPattern, language
from meshpolicy.core.regex.unicode import ASCII
from meshpolicy.core.regex.utf8 import sequences

LONGEST = 4_000
"""Characters of an expression that Envoy is given; beyond it, RE2's program grows out of hand."""
VISIBLE = r"[\t -~]*"
"""Values of visible ASCII: an expression sees no other header line (R93)."""
MOST_STATES = 120
"""Taking out a state costs time with the number of the others."""
NOTHING = r"[^\x00-\xFF]"
BEYOND_ASCII = r"[\xC2-\xF4][\x80-\xBF]{1,3}"
"""Any character beyond ASCII, in UTF-8: Envoy has RE2 read bytes."""
FIRST, LAST = -1, -2

Edges = dict[int, dict[int, str]]
"""By the state before and the state after: an expression for the texts that lead from one to the other."""


def for_envoy(pattern: str, *, header: bool = False) -> str:
    """Return an expression for RE2 that spans what `pattern` spans in Linkerd's proxy; itself where none is found."""
    found = exactly(pattern, header=header)
    return pattern if found is None else found


@lru_cache(1024)
def exactly(pattern: str, *, header: bool = False) -> str | None:
    r"""Return an expression for RE2 of the same values as `pattern` in Linkerd's proxy; None: it would be too long.

    Where only letters beyond ASCII make it too long (`\w`), they are left out.
    """
    try:
        values = language(pattern)
        whole = None if header else expression(values)
        return expression(values & language(VISIBLE)) if whole is None else whole
    except (UnsupportedPattern, TooLarge):
        return None


def expression(values: Automaton) -> str | None:
    """Return an expression that matches exactly the texts of a set; None: it would be longer than `LONGEST`, or may be.

    States are taken out one after the other, and what led through them is written on the way around (Brzozowski and
    McCluskey, 1963).
    """
    if len(values.machine.rows) > MOST_STATES:
        return None
    edges = _edges(values)
    while states := edges.keys() - {FIRST}:
        state = min(states, key=lambda one: (_cost(edges, one), one))
        loop = edges[state].pop(state, "")
        repeated = f"{_grouped(loop)}*" if loop else ""
        for before in [one for one in edges if state in edges[one]]:
            entering = edges[before].pop(state)
            for after, leaving in edges[state].items():
                through = _concatenated(entering, repeated, leaving)
                known = edges[before].get(after)
                edges[before][after] = through if known is None else f"{known}|{through}"
                if len(edges[before][after]) > LONGEST:
                    return None
        del edges[state]
    return edges[FIRST].get(LAST, NOTHING)


def _edges(values: Automaton) -> Edges:
    """Return the automaton's edges, without the states from which nothing is accepted."""
    machine = values.machine
    useful = {state for state, output in enumerate(machine.outputs) if output}
    while more := {s for s, row in enumerate(machine.rows) if s not in useful and not useful.isdisjoint(row)}:
        useful |= more
    edges: Edges = {FIRST: {0: ""} if 0 in useful else {}}
    for state in sorted(useful):
        letters: dict[int, set[int]] = {}
        for letter, target in enumerate(machine.rows[state]):
            if target in useful:
                letters.setdefault(target, set()).add(letter)
        edges[state] = {target: _characters(values, some) for target, some in letters.items()}
        if machine.outputs[state]:
            edges[state][LAST] = ""
    return edges


def _cost(edges: Edges, state: int) -> int:
    """Return how many characters it takes to write what leads through a state."""
    entering = [len(targets[state]) for before, targets in edges.items() if state in targets and before != state]
    leaving = [len(text) for after, text in edges[state].items() if after != state]
    return sum(entering) * len(leaving) + sum(leaving) * len(entering)


def _characters(values: Automaton, letters: set[int]) -> str:
    """Return an expression for one character that some letters of an automaton's alphabet stand for."""
    runs = union((first, last) for first, last, letter in values.machine.alphabet.runs() if letter in letters)
    ascii_only = intersection(runs, ASCII)
    branches = [_bytes(ascii_only)] if ascii_only else []
    beyond = intersection(runs, complement(ASCII))
    if beyond == complement(ASCII):
        branches.append(BEYOND_ASCII)
    else:
        branches += ["".join(_bytes((one,)) for one in sequence) for sequence in sequences(beyond)]
    return "|".join(branches)


def _bytes(runs: Intervals) -> str:
    """Return a class of bytes."""
    if len(runs) == 1 and runs[0][0] == runs[0][1]:
        return _byte(runs[0][0])
    return f"[{''.join(_byte(a) if a == b else f'{_byte(a)}-{_byte(b)}' for a, b in runs)}]"


def _byte(code: int) -> str:
    character = chr(code)
    return character if character.isascii() and (character.isalnum() or character == "/") else rf"\x{code:02X}"


def _concatenated(*parts: str) -> str:
    some = [part for part in parts if part]
    if len(some) == 1:
        return some[0]
    return "".join(_grouped(part) if "|" in part else part for part in some)


def _grouped(text: str) -> str:
    return text if len(text) == 1 else f"(?:{text})"
