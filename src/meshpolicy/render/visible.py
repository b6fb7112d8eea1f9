"""Makes text safe for a terminal: nothing from a manifest or an answer can move the cursor or hide a line."""

_CONTROLS = (*range(0x20), 0x7F, *range(0x80, 0xA0))
_DIRECTIONS = (0x061C, *range(0x200B, 0x2010), *range(0x2028, 0x202F), *range(0x2060, 0x206A), 0xFEFF)
"""Characters of zero width, Unicode line ends, and characters that change the direction of text."""
_SURROGATES = range(0xD800, 0xE000)
"""Surrogates, which Python uses for bytes that are not UTF-8 (PEP 383: U+DC80 to U+DCFF)."""


def _letters(code: int) -> str:
    if 0xDC80 <= code < 0xDD00:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


_VISIBLE = {
    code: _letters(code) for code in (*_CONTROLS, *_DIRECTIONS, *_SURROGATES) if code not in (ord("\n"), ord("\t"))
}


def visible(text: object) -> str:
    """Return a text with hidden characters escaped as in Python; line ends and tabs are kept."""
    return str(text).translate(_VISIBLE)
