"""Typed access to the fields of a document: a wrong type is noted with its place and read as absent. Pure."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from meshpolicy.core.errors import Place, Problem, ProblemKind

T = TypeVar("T")


class Fields:
    """One mapping of a document, where it stands, and the list that collects what is wrong in it."""

    __slots__ = ("_place", "data", "problems", "written")

    def __init__(
        self,
        data: Mapping[str, object],
        place: Place,
        problems: list[Problem],
        written: Mapping[str, object] | None = None,
    ) -> None:
        """Keep a mapping; `written` is what a manifest says where `data` holds defaults as well."""
        self.data, self.problems = data, problems
        self.written = data if written is None else written
        self._place = place

    @property
    def place(self) -> Place:
        """Return where the mapping stands."""
        return self._place

    def with_problems(self, problems: list[Problem]) -> "Fields":
        """Return the same mapping with another list for what is wrong in it."""
        return Fields(self.data, self.place, problems, self.written)

    def with_data(self, data: Mapping[str, object]) -> "Fields":
        """Return another mapping that stands for this one, which stays what is written."""
        return Fields(data, self.place, self.problems, self.written)

    def has(self, key: str) -> bool:
        """Whether the field is there and not null."""
        return self.data.get(key) is not None

    def at(self, key: str) -> Place:
        """Return the place of a field of this mapping."""
        own = self.place
        return Place(own.file, own.document, f"{own.field}.{key}" if own.field else key, own.line)

    def note(self, key: str, message: str, kind: ProblemKind = ProblemKind.UNUSABLE, rule: str = "") -> None:
        """Add a problem with a field; an empty key means the mapping itself."""
        self.problems.append(Problem(self.at(key) if key else self.place, message, kind, rule))

    def refuse(self, key: str, message: str, rule: str = "") -> None:
        """Add a problem for which the API server or Linkerd's webhook would refuse the object."""
        self.note(key, message, ProblemKind.REJECTED, rule)

    def text(self, key: str, default: str = "") -> str:
        """Return a string."""
        return self._typed(key, str, "a string", default)

    def integer(self, key: str, default: int = 0) -> int:
        """Return a whole number."""
        return self._typed(key, int, "a whole number", default)

    def flag(self, key: str, default: bool = False) -> bool:
        """Return true or false."""
        return self._typed(key, bool, "true or false", default)

    def required(self, key: str) -> str:
        """Return a string that must be there and not be empty."""
        if not self.has(key):
            self.note(key, "is missing")
            return ""
        value = self.text(key)
        if not value and isinstance(self.data[key], str):
            self.note(key, "is empty")
        return value

    def port(self, key: str) -> int | str:
        """Return a port: a number from 1 to 65535, or a name; 0 if there is none."""
        value = self.data.get(key)
        if value is None:
            return 0
        if isinstance(value, bool) or not isinstance(value, int | str):
            self.note(key, f"is {_shown(value)}, where a port number or name is expected")
            return 0
        if isinstance(value, int) and not 1 <= value <= 65535:
            self.note(key, f"is {value}, where a port from 1 to 65535 is expected")
            return 0
        return value

    def one_of(self, kinds: Iterable[str], what: str) -> str:
        """Return the one field of several that is given, and refuse none or more of them."""
        given = [kind for kind in kinds if self.has(kind)]
        if not given:
            self.refuse("", f"has no {what}: one of {', '.join(kinds)} is expected")
        for kind in given[1:]:
            self.refuse(kind, f"is given beside {given[0]}, where one {what} is expected")
        return given[0] if len(given) == 1 else ""

    def child(self, key: str) -> "Fields":
        """Return the mapping at a field; an empty one if there is none."""
        return _Part(self, key, self._typed(key, dict, "an object", {}))

    def children(self, key: str) -> tuple["Fields", ...]:
        """Return the mappings of a list; to Kubernetes a null in it is an empty one."""
        found: list[Fields] = []
        for number, entry in enumerate(self._typed(key, list, "a list", [])):
            value = {} if entry is None else entry
            if isinstance(value, dict):
                found.append(_Part(self, f"{key}[{number}]", value))
            else:
                self.note(f"{key}[{number}]", f"is {_shown(value)}, where an object is expected")
        return tuple(found)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the strings of a list; to Kubernetes a null in it is an empty one."""
        found: list[str] = []
        for number, value in enumerate(self._typed(key, list, "a list", [])):
            if isinstance(value, str) or value is None:
                found.append(value or "")
            else:
                self.note(f"{key}[{number}]", f"is {_shown(value)}, where a string is expected")
        return tuple(found)

    def strings(self, key: str) -> dict[str, str]:
        """Return a mapping of strings, such as labels."""
        found: dict[str, str] = {}
        for name, value in self._typed(key, dict, "an object", {}).items():
            if isinstance(name, str) and isinstance(value, str):
                found[name] = value
            elif value is None:
                found[str(name)] = ""
            else:
                self.note(f"{key}.{name}", f"is {_shown(value)}, where a string is expected (put it in quotes)")
        return found

    def strings_of_all(self) -> dict[str, str]:
        """Return the strings of this mapping itself."""
        found = Fields({"": dict(self.data)}, self.place, []).strings("")
        for name in self.data.keys() - found.keys():
            self.note(str(name), f"is {_shown(self.data[name])}, where a string is expected (put it in quotes)")
        return found

    def _typed(self, key: str, kind: type[T], word: str, default: T) -> T:
        value = self.data.get(key)
        if value is None:
            return default
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return value
        quotes = " (put it in quotes)" if kind is str and isinstance(value, bool | int | float) else ""
        self.note(key, f"is {_shown(value)}, where {word} is expected{quotes}")
        return default


class _Part(Fields):
    """A mapping in another one; its place is made when it is asked for, which hardly any is."""

    __slots__ = ("_key", "_owner")

    def __init__(self, owner: Fields, key: str, data: Mapping[str, object]) -> None:
        self.data, self.written, self.problems = data, data, owner.problems
        self._owner, self._key = owner, key

    @property
    def place(self) -> Place:
        """Return where the mapping stands."""
        return self._owner.at(self._key)


def objects_of(fields: Fields) -> tuple[Fields, ...]:
    """Return the objects of a document; a List holds several, and a PodList need not say that they are Pods."""
    kind = fields.data.get("kind")
    if not isinstance(kind, str) or not kind.endswith("List") or not (kind == "List" or fields.has("items")):
        return (fields,)
    if kind == "List":
        return fields.children("items")
    typed = {"apiVersion": fields.data.get("apiVersion"), "kind": kind.removesuffix("List")}
    return tuple(item.with_data({**typed, **item.data}) for item in fields.children("items"))


def _shown(value: object) -> str:
    """Return a value as a message may show it: its kind if it is large, itself if it is small."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "`null`"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text[:40]}…`" if len(text) > 40 else f"`{text}`"
