"""Frozen classes with slots, like `dataclass(frozen=True, slots=True)`, in a tenth of its time. Pure.

A command imports some 160 of them and uses few. `dataclass` compiles six methods of each at once, which took half of
the time of all imports. Here a method is made when it is first used.
"""

import dataclasses
import operator
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, field, make_dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, dataclass_transform, get_origin, overload

__all__ = ["record", "replace"]

Made = TypeVar("Made")
Values = Callable[[Any], tuple[object, ...]]
ORDERS = ("__lt__", "__le__", "__gt__", "__ge__")


@overload
def record(cls: type[Made]) -> type[Made]: ...


@overload
def record(*, order: bool) -> Callable[[type[Made]], type[Made]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[Made] | None = None, *, order: bool = False) -> type[Made] | Callable[[type[Made]], type[Made]]:
    """Return a frozen class with slots, whose fields are the annotated names of this class.

    Fields are declared as for `dataclass`, with `field` where needed, and `dataclasses.fields`, `replace` and `asdict`
    accept its objects; the `replace` of this module is faster, as it needs no description of the fields. Methods that
    the class itself defines are kept. Base classes must not have fields.
    With `order`, objects are compared by their fields.

    Raises ValueError for a mutable default, such as a list, and TypeError for unsupported fields: a field without a
    default after one with a default, a keyword-only field, and inherited fields.
    """
    if cls is None:
        return partial(_made, order=order)
    return _made(cls, order=order)


def _made(cls: type[Made], *, order: bool) -> type[Made]:
    fields = _fields(cls)
    own = {name: value for name, value in vars(cls).items() if name not in {*fields, "__dict__", "__weakref__"}}
    if own.get("__hash__", own) is None:  # what Python does for a class with `__eq__`
        del own["__hash__"]
    compared = _values([name for name, one in fields.items() if one.compare])
    hashed = _values([name for name, one in fields.items() if (one.compare if one.hash is None else one.hash)])
    body = {
        "__slots__": tuple(fields),
        "__match_args__": tuple(name for name, one in fields.items() if one.init),
        "__dataclass_fields__": _Later(lambda made: _described(made, fields)),
        "__init__": _Later(lambda made: _initializer(made, fields)),
        "__repr__": _Later(lambda _: _representation([name for name, one in fields.items() if one.repr])),
        "__eq__": _Later(lambda _: _equality(compared)),
        "__hash__": _Later(lambda _: _hashing(hashed)),
        "__replace__": _Later(lambda _: _replacing([name for name, one in fields.items() if one.init])),
        "__setattr__": _refuse_to_set,
        "__delattr__": _refuse_to_delete,
        "__getstate__": _state,
        "__setstate__": _restore,
    }
    if order:
        for name in ORDERS:
            body[name] = _Later(partial(_ordering, name, compared))
    metaclass: Any = type(cls)
    made: type[Made] = metaclass(cls.__name__, cls.__bases__, body | own)
    made.__qualname__ = cls.__qualname__
    return made


if TYPE_CHECKING:
    replace = dataclasses.replace
else:

    def replace(one, /, **changes):
        """Return a copy of a record, or of another dataclass's object, with other values for some fields."""
        made = getattr(one, "__replace__", None)
        return dataclasses.replace(one, **changes) if made is None else made(**changes)


class _Later:
    """A descriptor for an attribute of a class that is made on first use, and then stored in the class."""

    def __init__(self, make: Callable[[type], object]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self._name = owner, name

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        setattr(self._owner, self._name, self._make(self._owner))
        return getattr(owner if instance is None else instance, self._name)


def _fields(cls: type) -> dict[str, Field[Any]]:
    """Return the fields of a class by name."""
    if any("__dataclass_fields__" in vars(base) for base in cls.__mro__[1:]):
        raise TypeError(f"{cls.__name__}: a record has no inherited fields")
    found: dict[str, Field[Any]] = {}
    optional = False
    for name, type_ in vars(cls).get("__annotations__", {}).items():
        if type_ is ClassVar or get_origin(type_) is ClassVar:
            continue
        told = vars(cls).get(name, MISSING)
        one: Field[Any] = told if isinstance(told, Field) else field(default=told)
        if one.default is not MISSING and type(one.default).__hash__ is None:
            raise ValueError(f"{cls.__name__}.{name}: a default that can be changed needs a default_factory")
        if one.kw_only is True:
            raise TypeError(f"{cls.__name__}.{name}: a record has no keyword-only fields")
        has_default = one.default is not MISSING or one.default_factory is not MISSING
        if one.init and optional and not has_default:
            raise TypeError(f"{cls.__name__}.{name}: a field without a default stands after one that has it")
        optional = optional or (one.init and has_default)
        found[name] = one
    return found


def _described(made: type, fields: dict[str, Field[Any]]) -> dict[str, Field[Any]]:
    """Return the fields in the form that the functions of `dataclasses` read."""
    types = vars(made)["__annotations__"]
    told = [(name, types[name], one) for name, one in fields.items()]
    described: dict[str, Field[Any]] = vars(make_dataclass(made.__name__, told))["__dataclass_fields__"]
    return described


def _initializer(made: type, fields: dict[str, Field[Any]]) -> Callable[..., None]:
    """Return `__init__`. It is compiled, as in `dataclass`, because nothing else is as fast for each object."""
    known: dict[str, Any] = {"_MISSING": MISSING}
    taken, lines = [], []
    for name, one in fields.items():
        known[f"_set_{name}"] = vars(made)[name].__set__
        value = name
        if one.default_factory is not MISSING:
            known[f"_make_{name}"] = one.default_factory
            value = f"_make_{name}() if {name} is _MISSING else {name}" if one.init else f"_make_{name}()"
            default = "=_MISSING"
        elif one.default is not MISSING:
            known[f"_default_{name}"] = one.default
            default = f"=_default_{name}"
            value = name if one.init else f"_default_{name}"
        else:
            default = ""
        if one.init:
            taken.append(f"{name}{default}")
        if one.init or default:
            lines.append(f" _set_{name}(_self, {value})")
    if hasattr(made, "__post_init__"):
        lines.append(" _self.__post_init__()")
    source = f"def __init__({', '.join(['_self', *taken])}):\n" + ("\n".join(lines) or " pass")
    exec(source, known)  # noqa: S102 # of names of fields, which are identifiers
    initializer: Callable[..., None] = known["__init__"]
    initializer.__qualname__ = f"{made.__qualname__}.__init__"
    return initializer


def _values(names: list[str]) -> Values:
    """Return a function that returns the values of these fields."""
    if not names:
        return lambda _: ()
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda one: (get(one),)


def _equality(values: Values) -> Callable[[object, object], bool]:
    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        return values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _ordering(name: str, values: Values, _: type) -> Callable[[object, object], bool]:
    compare = getattr(operator, name)

    def method(self: object, other: object) -> bool:
        found: bool = compare(values(self), values(other)) if other.__class__ is self.__class__ else NotImplemented
        return found

    method.__name__ = name
    return method


def _hashing(values: Values) -> Callable[[object], int]:
    def __hash__(self: object) -> int:  # noqa: N807
        return hash(values(self))

    return __hash__


def _replacing(names: list[str]) -> Callable[..., object]:
    values, places = _values(names), {name: at for at, name in enumerate(names)}

    def __replace__(self: object, /, **changes: object) -> object:  # noqa: N807 # as `copy.replace` calls it
        given = list(values(self))
        for name, value in changes.items():
            if name not in places:
                raise TypeError(f"{type(self).__qualname__} is given no `{name}`")
            given[places[name]] = value
        return type(self)(*given)

    return __replace__


def _representation(names: list[str]) -> Callable[[object], str]:
    def __repr__(self: object) -> str:  # noqa: N807
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in names)
        return f"{type(self).__qualname__}({told})"

    return __repr__


def _refuse_to_set(self: object, name: str, value: object) -> None:
    del self, value
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_to_delete(self: object, name: str) -> None:
    del self
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    return [getattr(self, name) for name in self.__slots__]


def _restore(self: Any, state: list[object]) -> None:
    for name, value in zip(self.__slots__, state, strict=True):
        object.__setattr__(self, name, value)
