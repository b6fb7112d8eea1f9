"""Paths that are written in another way than a route: compared as they are sent, without any cleaning (R90). Pure."""

from collections.abc import Iterator

from meshverify.tricks.trick import Base, Trick

GROUP = "paths"
RFC3986, RFC9112 = "RFC 3986, 6.2.2", "RFC 9112, 3.2"


def paths(base: Base) -> Iterator[Trick]:
    """Yield every trick with a path."""
    yield _trick(base, "as it is", base.path, "RFC 9112, 3.2.1")
    word, other = base.path.lstrip("/"), base.other.lstrip("/")
    for name, path in (*_slashes(word), *_dots(word, other), *_characters(word, other), *_ends(word, other)):
        yield _trick(base, name, path, RFC3986)
    for name, path in _refused(base.path):
        yield Trick(GROUP, name, base.get(path=path), (None,), RFC9112)


def _trick(base: Base, name: str, path: str, source: str) -> Trick:
    return Trick(GROUP, f"{name}: {path}", base.get(path=path), (base.asked(path=path),), source)


def _slashes(word: str) -> Iterator[tuple[str, str]]:
    yield "two slashes", f"//{word}"
    yield "three slashes", f"///{word}"
    yield "a slash at the end", f"/{word}/"
    yield "two slashes at the end", f"/{word}//"


def _dots(word: str, other: str) -> Iterator[tuple[str, str]]:
    yield "a dot segment before", f"/./{word}"
    yield "a dot segment after", f"/{word}/."
    yield "up and back", f"/{other}/../{word}"
    yield "up from the refused path", f"/{word}/../{other}"
    yield "up at the root", f"/../{word}"
    yield "up at the end", f"/{word}/.."
    yield "an encoded dot segment", f"/%2e/{word}"
    yield "encoded dots", f"/{other}/%2e%2e/{word}"
    yield "half-encoded dots", f"/{other}/.%2e/{word}"


def _characters(word: str, other: str) -> Iterator[tuple[str, str]]:
    first = f"%{ord(word[:1] or 'a'):02x}"
    rest = word[1:]
    yield "an encoded letter", f"/{first}{rest}"
    yield "an encoded letter in capitals", f"/{first.upper()}{rest}"
    yield "an encoded letter, encoded again", f"/%25{first[1:]}{rest}"
    yield "a parameter", f"/{word};x"
    yield "a parameter before", f"/;x/{word}"
    yield "a parameter with dots", f"/..;/{word}"
    yield "a session parameter", f"/{word};jsessionid=1"
    yield "capital letters", f"/{word.upper()}"
    yield "a capital letter", f"/{word[:1].upper()}{rest}"
    yield "an encoded slash at the end", f"/{word}%2f"
    yield "an encoded slash before", f"/%2f{word}"
    yield "an encoded slash between", f"/{other}%2f..%2f{word}"
    yield "an encoded NUL", f"/{word}%00"
    yield "an encoded line feed", f"/{word}%0a"
    yield "an encoded line end and a header", f"/{word}%0d%0aX:1"
    yield "an encoded space", f"/{word}%20"
    yield "an encoded question mark", f"/{word}%3f"
    yield "an encoded number sign", f"/{word}%23"
    yield "an encoded backslash", f"/%5c{word}"
    yield "an overlong dot", f"/%c0%ae/{word}"
    yield "an overlong slash", f"/{other}%c0%af..%c0%af{word}"


def _ends(word: str, other: str) -> Iterator[tuple[str, str]]:
    yield "a query", f"/{word}?x=1"
    yield "an empty query", f"/{word}?"
    yield "the refused path in the query", f"/{word}?/{other}"
    yield "the allowed path in the query", f"/{other}?/{word}"
    yield "an extension", f"/{word}.html"
    yield "a comma", f"/{word},"
    yield "a tilde", f"/{word}~"
    yield "a percent sign alone", f"/{word}%"
    yield "an encoding of one digit", f"/{word}%2"
    yield "an encoding without digits", f"/{word}%zz"


def _refused(path: str) -> Iterator[tuple[str, str]]:
    yield "a space within the path", f"{path} x"
    yield "a NUL within the path", f"{path}\0"
    yield "a control character within the path", f"{path}\x01"
    yield "a carriage return within the path", f"{path}\rX: 1"
