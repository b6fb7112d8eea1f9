"""A record is what `dataclass(frozen=True, slots=True)` makes: the standard library is the second opinion."""

import copy
import inspect
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, FrozenInstanceError, asdict, dataclass, field, fields, is_dataclass, replace
from functools import partial
from operator import ge, gt, le, lt
from typing import Any, ClassVar, Generic, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meshpolicy.record import record
from meshpolicy.record import replace as changed

Value = TypeVar("Value")
Decorator = Callable[[type], type]
STANDARD: Decorator = dataclass(frozen=True, slots=True)

FLAGS = st.fixed_dictionaries({}, optional={name: st.booleans() for name in ("repr", "compare", "init")})
DEFAULTS = st.sampled_from([{}, {"default": 7}, {"default": None}, {"default_factory": list}])
FIELDS = st.lists(st.builds(lambda flags, default: {**flags, **default}, FLAGS, DEFAULTS), max_size=4).map(
    lambda told: sorted(
        told, key=lambda one: one.get("init", True) and len(one.keys() & {"default", "default_factory"})
    )
)
"""Fields as both take them: those without a default stand first."""
VALUES: st.SearchStrategy[object] = st.one_of(st.integers(0, 1), st.just("a"), st.none(), st.builds(list))


def build(told: list[dict[str, Any]], decorate: Decorator) -> type:
    """Return a class with such fields."""
    body: dict[str, Any] = {"__annotations__": {}, "__doc__": "Documented.", "__module__": __name__}
    for name, one in zip("abcd", told, strict=False):
        body["__annotations__"][name] = object
        body[name] = field(**one)
    return decorate(type("Made", (), body))


def outcome(of: Callable[[], object]) -> object:
    """Return what comes out, or the kind of the error."""
    try:
        return of()
    except (TypeError, AttributeError) as error:
        return type(error)


@given(FIELDS, st.lists(VALUES, max_size=4), st.dictionaries(st.sampled_from("abcd"), VALUES), st.lists(VALUES))
def test_it_does_what_a_dataclass_does(
    told: list[dict[str, Any]], given: list[object], named: dict[str, object], other: list[object]
) -> None:
    def facts(decorate: Decorator) -> list[object]:
        cls = build(told, decorate)
        one = outcome(lambda: cls(*given, **named))
        two = outcome(lambda: cls(*other[: len(given)], **named))
        signature = inspect.signature(cls).parameters
        found: list[object] = [vars(cls)["__match_args__"], vars(cls)["__slots__"], cls.__doc__, list(signature)]
        found += [(part.name, part.type, part.default is MISSING, part.init, part.repr) for part in fields(cls)]
        if isinstance(one, type):
            return [*found, one]
        found += [outcome(lambda: repr(one)), outcome(lambda: hash(one)), one == 1, outcome(lambda: one == two)]
        found += [outcome(lambda: asdict(one)), outcome(lambda: repr(replace(one, **named)))]  # type: ignore[call-overload, type-var]
        found += [outcome(lambda: repr(changed(one, **named)))]  # type: ignore[type-var]
        found += [outcome(lambda: copy.deepcopy(one) == one), outcome(lambda: copy.copy(one) == one)]
        return [*found, *(outcome(partial(getattr, one, name)) for name in "abcd")]

    assert facts(record) == facts(STANDARD)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=2, max_size=2), st.booleans())
def test_objects_are_ordered_as_those_of_a_dataclass(pair: list[tuple[int, int]], compared: bool) -> None:
    def facts(decorate: Decorator) -> list[object]:
        cls = build([{}, {"compare": compared}], decorate)
        one, two = cls(*pair[0]), cls(*pair[1])
        return [outcome(partial(compare, one, other)) for compare in (lt, le, gt, ge) for other in (two, one, 1)]

    assert facts(record(order=True)) == facts(dataclass(frozen=True, slots=True, order=True))
    assert facts(record) == [TypeError] * 12


@record
class Place:
    """A class as the package has them."""

    file: str
    line: int = 0
    marks: list[str] = field(default_factory=list, compare=False)
    most: ClassVar[int] = 9

    def next(self) -> "Place":
        """Return the place below."""
        return replace(self, line=self.line + 1)


def test_an_object_is_made_compared_shown_and_changed_as_one_of_a_dataclass() -> None:
    place = Place("a.yaml", line=3)
    assert repr(place) == "Place(file='a.yaml', line=3, marks=[])"
    assert place == Place("a.yaml", 3, ["x"])
    assert place != Place("a.yaml", 4)
    assert len({place, Place("a.yaml", 3)}) == 1
    assert place.next() == Place("a.yaml", 4)
    assert Place("a").marks is not Place("a").marks
    assert pickle.loads(pickle.dumps(place)) == place  # noqa: S301 # pickled here
    match place:
        case Place(file, line):
            assert (file, line) == ("a.yaml", 3)
    assert is_dataclass(place)


@pytest.mark.parametrize("name", ["line", "other"])
def test_nothing_of_an_object_can_be_set_or_deleted(name: str) -> None:
    place = Place("a.yaml")
    with pytest.raises(FrozenInstanceError, match=f"^cannot assign to field '{name}'$"):
        setattr(place, name, 1)
    with pytest.raises(FrozenInstanceError, match=f"^cannot delete field '{name}'$"):
        delattr(place, name)
    assert not hasattr(place, "__dict__")


def test_what_the_class_defines_stays_and_post_init_is_called() -> None:
    @record
    class Length:
        metres: int
        known: int = field(init=False, compare=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "known", hash(self.metres))

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Length) and self.metres % 10 == other.metres % 10

        def __repr__(self) -> str:
            return f"{self.metres} m"

    assert (repr(Length(13)), Length(13) == Length(3), Length(13).known) == ("13 m", True, hash(13))
    assert hash(Length(13)) == hash(Length(13))


def test_generic_classes_and_those_with_a_metaclass_can_be_records() -> None:
    @record
    class Pair(Generic[Value]):
        first: Value
        second: Value

    @record
    class Known(Mapping[str, int]):
        values_by_name: Mapping[str, int]

        def __getitem__(self, key: str) -> int:
            return self.values_by_name[key]

        def __iter__(self) -> Iterator[str]:
            return iter(self.values_by_name)

        def __len__(self) -> int:
            return len(self.values_by_name)

    assert Pair[int](1, 2) == Pair(1, 2)
    assert dict(Known({"a": 1})) == {"a": 1}
    assert Known({"a": 1}) != {"a": 1}


def test_methods_are_made_when_they_are_first_asked_for() -> None:
    @record
    class Empty:
        pass

    made_later = {"__init__", "__eq__", "__hash__", "__repr__"}
    functions = type(lambda: None)
    assert {name for name in made_later if isinstance(vars(Empty)[name], functions)} == set()
    assert Empty() == Empty()
    assert {name for name in made_later if isinstance(vars(Empty)[name], functions)} == {"__init__", "__eq__"}


def test_what_is_not_made_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^Made\.a: a default that can be changed needs a default_factory$"):
        build([{"default": []}], record)
    with pytest.raises(TypeError, match=r"^Made\.b: a field without a default stands after one that has it$"):
        build([{"default": 1}, {}], record)
    with pytest.raises(TypeError, match=r"^Made\.a: a record has no keyword-only fields$"):
        build([{"kw_only": True}], record)
    with pytest.raises(TypeError, match=r"^Below: a record has no inherited fields$"):
        record(type("Below", (Place,), {}))


def test_a_field_that_a_record_has_not_cannot_be_replaced() -> None:
    one = build([{}], record)(1)
    for another in (changed, replace):
        with pytest.raises(TypeError):
            another(one, b=2)
