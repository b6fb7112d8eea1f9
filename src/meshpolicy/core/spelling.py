"""Words that are written almost like others. Pure."""

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean …?` with the nearest of the known words; empty: none is near."""
    from difflib import get_close_matches  # here, as few words are misspelt

    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
