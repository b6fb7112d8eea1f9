"""Sets of characters as the bytes that encode them. Source: regex-syntax 0.8.11 `src/utf8.rs`. Pure."""

from collections.abc import Iterator

from meshpolicy.core.alphabet import SURROGATES, Interval, Intervals

UTF8_LENGTHS = (0x7F, 0x7FF, 0xFFFF, 0x10FFFF)
"""The last code point of each length in UTF-8."""

Sequence = tuple[Interval, ...]
"""A range of bytes for each byte of some characters."""


def sequences(codes: Intervals) -> Iterator[Sequence]:
    """Yield the ranges of bytes that encode the characters: each sequence is a range for each byte."""
    begins = (0, *(last + 1 for last in UTF8_LENGTHS[:-1]), SURROGATES.stop)
    for first, last in codes:
        cuts = sorted({first, *(begin for begin in begins if first < begin <= last)})
        for begin, after in zip(cuts, [*cuts[1:], last + 1], strict=True):
            end = SURROGATES.start - 1 if after == SURROGATES.stop or after - 1 in SURROGATES else after - 1
            yield from _same_length(begin, end)


def _same_length(first: int, last: int) -> Iterator[Sequence]:
    """Yield the sequences of a run whose characters have the same number of bytes."""
    for bits in (6, 12, 18) if last > UTF8_LENGTHS[0] else ():
        block = (1 << bits) - 1
        if first | block >= last | block:
            continue
        if first & block:
            yield from _same_length(first, first | block)
            yield from _same_length((first | block) + 1, last)
            return
        if last & block != block:
            yield from _same_length(first, (last & ~block) - 1)
            yield from _same_length(last & ~block, last)
            return
    yield tuple(zip(chr(first).encode(), chr(last).encode(), strict=True))
