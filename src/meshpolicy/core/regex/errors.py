"""What can be wrong with a regular expression."""


class InvalidPattern(ValueError):
    """Rust's `regex` refuses the pattern; the message says why, and where."""


class UnsupportedPattern(ValueError):
    """Rust's `regex` may take the pattern, and what it matches is not decided here; the message says why."""
