"""A pattern as it is read, character by character. Source: regex-syntax 0.8.11 `src/ast/parse.rs`."""

from typing import NoReturn

from meshpolicy.core.regex.errors import InvalidPattern
from meshpolicy.core.regex.unicode import WHITE_SPACE as WHITE_SPACE_CODES

WHITE_SPACE = frozenset(chr(code) for first, last in WHITE_SPACE_CODES for code in range(first, last + 1))
"""What Rust's `char::is_whitespace` is true for."""


class Reader:
    """The text of a pattern, a place in it, and whether the flag `x` is set there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.verbose = False

    @property
    def at_end(self) -> bool:
        """Whether the whole pattern is read."""
        return self.place == len(self.text)

    @property
    def char(self) -> str:
        """The character at the place; the empty text at the end."""
        return self.text[self.place : self.place + 1]

    def advance(self) -> bool:
        """Go past one character; return whether there is another."""
        self.place = min(self.place + 1, len(self.text))
        return not self.at_end

    def advance_over(self, expected: str) -> bool:
        """Go past `expected` if it stands here; return whether it did."""
        found = self.text.startswith(expected, self.place)
        if found:
            self.place += len(expected)
        return found

    def advance_and_skip(self) -> bool:
        """Go past one character and what `x` lets stand after it; return whether there is more."""
        self.advance()
        self.skip()
        return not self.at_end

    def skip(self) -> None:
        """Go past white space and comments, where the flag `x` is set."""
        while self.verbose and not self.at_end:
            if self.char in WHITE_SPACE:
                self.advance()
            elif self.char == "#":
                end = self.text.find("\n", self.place)
                self.place = len(self.text) if end < 0 else end + 1
            else:
                break

    def skip_white_space(self) -> None:
        """Go past white space, whatever the flags."""
        while not self.at_end and self.char in WHITE_SPACE:
            self.advance()

    def peek(self) -> str:
        """Return the character after this one, or the empty text."""
        return self.text[self.place + 1 : self.place + 2]

    def peek_past_space(self) -> str:
        """Return the next character that counts, as Rust looks for it: a comment is not skipped, only its `#`."""
        if not self.verbose:
            return self.peek()
        hash_seen = False
        for character in self.text[self.place + 1 :]:
            if character == "#" and not hash_seen:
                hash_seen = True
            elif character not in WHITE_SPACE:
                return character
        return self.peek()

    def refuse(self, reason: str, place: int | None = None) -> NoReturn:
        """Raise InvalidPattern for what stands at `place`, or here."""
        raise InvalidPattern(f"{reason} (at character {(self.place if place is None else place) + 1})")
