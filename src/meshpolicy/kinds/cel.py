"""The part of the Common Expression Language that `x-kubernetes-validations` of Kubernetes' definitions are written in.

`compiled(rule)` returns a function of `self`; it raises Failed where the API server could not evaluate the rule and
would refuse the object for that. A rule beyond this part raises Unsupported when it is compiled. Pure.
Source: cel-spec `doc/langdef.md`; Kubernetes' libraries `isIP` and strings.
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from meshpolicy.record import record

Scope = Mapping[str, Any]
Expression = Callable[[Scope], Any]
TOKEN = re.compile(
    r"""\s*(?:(?P<raw>r\"{3}(?:.|\n)*?\"{3}|r"[^"\n]*"|r'[^'\n]*')|(?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
    r"""|(?P<number>\d+)|(?P<name>[A-Za-z_]\w*)|(?P<sign>&&|\|\||[=!<>]=|[-+!<>?:.,()[\]]))"""
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
RESERVED = re.compile(r"__([a-z]+)__")
"""How a field is written whose name is a word of the language: `__namespace__`."""
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)")
DURATION = re.compile(rf"([-+]?)((?:{PART.pattern})+|0)")
COMPARISONS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda item, many: item in many,
}


class Unsupported(ValueError):
    """A rule uses a part of the language that is not known here."""


class Failed(ValueError):
    """A rule cannot be evaluated for a value, for which the API server refuses the object."""


@lru_cache(maxsize=512)
def compiled(rule: str) -> Callable[[Any], bool]:
    """Return a rule as a function of `self`."""
    expression = _Parser(rule).whole()

    def holds(value: Any) -> bool:
        try:
            return expression({"self": value}) is True
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise Failed(str(error)) from error

    return holds


def seconds(text: str) -> float:
    """Return a duration such as `1m30s` in seconds, as Go reads it; raises Failed."""
    found = DURATION.fullmatch(text)
    if found is None:
        raise Failed(f"`{text}` is no duration")
    total = sum(float(number) * UNITS[unit] for number, unit in PART.findall(found[2]))
    return -total if found[1] == "-" else total


def _is_address(text: str) -> bool:
    try:
        return "%" not in text and ip_address(text) is not None
    except ValueError:
        return False


@lru_cache(maxsize=512)
def _pattern(text: str) -> re.Pattern[str]:
    """Compile a pattern of Go's; a final `$` ends the text, not its last line, and flags may follow a `^`."""
    return re.compile(re.sub(r"(?<!\\)\$$", r"\\Z", re.sub(r"^\^(\(\?[a-z]+\))", r"\1^", text)))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {"size": len, "duration": seconds, "isIP": _is_address}
METHODS: Mapping[str, Callable[..., Any]] = {
    "size": len,
    "contains": lambda text, part: part in text,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "matches": lambda text, pattern: _pattern(pattern).search(text) is not None,
    "split": str.split,
    "substring": lambda text, start, end=None: text[start:end],
}
MACROS: Mapping[str, Callable[[list[bool]], Any]] = {
    "all": all,
    "exists": any,
    "exists_one": lambda found: found.count(True) == 1,
}


class _Parser:
    """Reads one rule by recursive descent, each level a method, and returns what evaluates it."""

    def __init__(self, rule: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(rule.rstrip()):
            found = TOKEN.match(rule, place)
            if found is None or found.lastgroup is None:
                raise Unsupported(f"`{rule[place : place + 20]}`")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()
        self._next = 0

    def whole(self) -> Expression:
        """Return the expression that all of the rule is."""
        expression = self._choice()
        if self._next < len(self._tokens):
            raise Unsupported(f"`{self._tokens[self._next][1]}`")
        return expression

    def _take(self, *wanted: str) -> str:
        """Return the next token if it is one of these, and go on; else an empty text."""
        if self._next < len(self._tokens):
            kind, text = self._tokens[self._next]
            if kind in ("sign", "name") and text in wanted:
                self._next += 1
                return text
        return ""

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise Unsupported(f"`{sign}` is expected")

    def _choice(self) -> Expression:
        condition = self._any()
        if not self._take("?"):
            return condition
        first = self._choice()
        self._expect(":")
        second = self._choice()
        return lambda scope: first(scope) if condition(scope) else second(scope)

    def _any(self) -> Expression:
        found = self._every()
        while self._take("||"):
            found = _joined(found, self._every(), decisive=True)
        return found

    def _every(self) -> Expression:
        found = self._compared()
        while self._take("&&"):
            found = _joined(found, self._compared(), decisive=False)
        return found

    def _compared(self) -> Expression:
        left = self._sum()
        while sign := self._take(*COMPARISONS):
            left = _applied(COMPARISONS[sign], left, self._sum())
        return left

    def _sum(self) -> Expression:
        left = self._negated()
        while sign := self._take("+", "-"):
            left = _applied(operator.add if sign == "+" else operator.sub, left, self._negated())
        return left

    def _negated(self) -> Expression:
        if self._take("!"):
            return _applied(operator.not_, self._negated())
        return self._member()

    def _member(self) -> Expression:
        found = self._primary()
        while sign := self._take(".", "["):
            if sign == "[":
                found = _applied(operator.getitem, found, self._choice())
                self._expect("]")
                continue
            name = self._name()
            found = self._called(found, name) if self._take("(") else _Field(found, RESERVED.sub(r"\1", name))
        return found

    def _called(self, owner: Expression, name: str) -> Expression:
        if name in MACROS or name == "filter":
            variable = self._name()
            self._expect(",")
            condition = self._choice()
            self._expect(")")
            return _over(owner, name, variable, condition)
        if name not in METHODS:
            raise Unsupported(f"`{name}`")
        return _applied(METHODS[name], owner, *self._arguments(")"))

    def _name(self) -> str:
        if self._next < len(self._tokens) and self._tokens[self._next][0] == "name":
            self._next += 1
            return self._tokens[self._next - 1][1]
        raise Unsupported("a name is expected")

    def _arguments(self, end: str) -> list[Expression]:
        found: list[Expression] = []
        while not self._take(end):
            found.append(self._choice())
            if not self._take(","):
                self._expect(end)
                break
        return found

    def _primary(self) -> Expression:
        if self._take("("):
            found = self._choice()
            self._expect(")")
            return found
        if self._take("["):
            items = self._arguments("]")
            return lambda scope: [item(scope) for item in items]
        if self._next == len(self._tokens):
            raise Unsupported("it ends too early")
        kind, text = self._tokens[self._next]
        self._next += 1
        if kind == "name":
            return self._named(text)
        if kind == "sign":
            raise Unsupported(f"`{text}`")
        value = _literal(kind, text)
        return lambda _: value

    def _named(self, name: str) -> Expression:
        if name in ("true", "false"):
            return lambda _: name == "true"
        if not self._take("("):
            return lambda scope: scope[name]
        if name == "has":
            owner = self._member()
            self._expect(")")
            return _present(owner)
        if name not in FUNCTIONS:
            raise Unsupported(f"`{name}`")
        return _applied(FUNCTIONS[name], *self._arguments(")"))


def _literal(kind: str, text: str) -> int | str:
    if kind == "number":
        return int(text)
    if kind == "raw":
        text = text[1:]
        return text[3:-3] if text.startswith('"""') else text[1:-1]
    return re.sub(r"\\(.)", lambda found: ESCAPES.get(found[1], found[1]), text[1:-1])


def _applied(function: Callable[..., Any], *arguments: Expression) -> Expression:
    return lambda scope: function(*(argument(scope) for argument in arguments))


@record
class _Field:
    """A field of what another expression gives."""

    owner: Expression
    key: str

    def __call__(self, scope: Scope) -> Any:
        return self.owner(scope)[self.key]


def _present(member: Expression) -> Expression:
    """Return whether a field is there: `has(a.b)`."""
    if not isinstance(member, _Field):
        raise Unsupported("`has` of something that is no field")
    return lambda scope: member.key in member.owner(scope)


def _joined(left: Expression, right: Expression, *, decisive: bool) -> Expression:
    """Return left || right (decisive: true) or left && right (false); a side that decides outweighs an error."""

    def both(scope: Scope) -> bool:
        try:
            decided = left(scope) is decisive
        except (KeyError, IndexError, TypeError, AttributeError, Failed):
            if right(scope) is not decisive:
                raise
            decided = True
        return decisive if decided else bool(right(scope))

    return both


def _over(owner: Expression, name: str, variable: str, condition: Expression) -> Expression:
    """Return a macro over the items of a list."""

    def found(scope: Scope) -> Any:
        items = owner(scope)
        held = [condition({**scope, variable: item}) for item in items]
        if name == "filter":
            return [item for item, true in zip(items, held, strict=True) if true]
        return MACROS[name](held)

    return found
