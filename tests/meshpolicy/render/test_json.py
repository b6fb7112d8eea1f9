"""The fields of JSON outputs: programs rely on them, so one that is gone or has another type is a new major version."""

import json
from pathlib import Path
from types import NoneType
from typing import Any

import pytest

from ..build import ARENA, account, allow, exact, ref, route, server
from ..command import OWN, run, written

Types = tuple[type, ...]
TEXT: Types = (str,)
MAYBE: Types = (str, NoneType)
WITNESS = {
    **dict.fromkeys(("text", "protocol", "method", "path", "authority"), TEXT),
    **dict.fromkeys(("identity", "address", "service", "curl"), MAYBE),
    "headers": (dict,),
}
REASON = dict.fromkeys(("text", "rule", "place"), TEXT)
SUGGESTION = {"text": TEXT, "manifests": (list,), "exact": (bool,), "besides": (list,)}
ANSWER = {
    **dict.fromkeys(("verdict", "outcome", "layer"), TEXT),
    **dict.fromkeys(("route", "by", "curl"), MAYBE),
    "reasons": (list,),
    "otherwise": (list,),
    "change": (dict, NoneType),
}
ACCESS = {
    **dict.fromkeys(("server", "client", "requests", "by", "place"), TEXT),
    **dict.fromkeys(("route", "unknown"), MAYBE),
    "port": (int,),
    "routes": (list,),
    "unmeshed": (bool,),
}
CHANGED = {
    **dict.fromkeys(("change", "client", "server", "requests"), TEXT),
    **dict.fromkeys(("before", "after", "reasons"), (list,)),
    "port": (int,),
    "witness": (dict, NoneType),
}
PROOF = {
    **dict.fromkeys(("sentence", "outcome"), TEXT),
    **dict.fromkeys(("server", "why"), MAYBE),
    "vacuous": (bool,),
    "reasons": (list,),
    "granted_by": (list,),
    "port": (int, NoneType),
    "witness": (dict, NoneType),
    "allowed": (bool, NoneType),
}
FINDING = {
    **dict.fromkeys(("code", "severity", "file", "field", "object", "message", "explanation", "fix"), TEXT),
    "document": (int,),
    "line": (int, NoneType),
    "rules": (list,),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return two states of a small cluster, in the second of which `rogue` may do what `pinger` may, and bad ones."""
    found = tmp_path_factory.mktemp("arena")
    rules = [server(), route(exact("/a", method="GET")), allow(account("pinger"), on=ref("HTTPRoute", "route"))]
    written(found, "old.yaml", *ARENA, *rules)
    more = allow(account("rogue"), on=ref("HTTPRoute", "route"), name="rogue")
    written(found, "new.yaml", *ARENA, *rules, more)
    written(found, "bad.yaml", *ARENA, server(proxyProtocol="HTTP/3"))
    return found


def printed(folder: Path, *arguments: str) -> list[Any]:
    """Return the objects that a verb prints."""
    found = json.loads(run(*(word.format(folder=folder) for word in arguments), "--output", "json")[1])
    assert found
    return found if isinstance(found, list) else [found]


def assert_has(objects: list[Any], fields: dict[str, Types]) -> None:
    """Assert that each object has these fields and no others, each of one of its types."""
    for one in objects:
        assert {name: type(value) in fields.get(name, ()) for name, value in one.items()} == dict.fromkeys(fields, True)


@pytest.mark.parametrize(
    ("arguments", "fields"),
    [
        (("list", *OWN), ACCESS),
        (("check", "rogue", "ponger:http/a", "{folder}/old.yaml"), ANSWER),
        (("check", "pinger", "ponger:http/a", "{folder}/old.yaml"), ANSWER),
        (("diff", "{folder}/old.yaml", "{folder}/new.yaml"), CHANGED),
        (("prove", "only arena/pinger may GET /a on arena/ponger:http", "{folder}/old.yaml"), PROOF),
        (("prove", "only arena/pinger may GET /a on arena/ponger:http", "{folder}/new.yaml"), PROOF),
        (("lint", "{folder}/bad.yaml"), FINDING),
    ],
    ids=["list", "check refused", "check allowed", "diff", "prove proved", "prove false", "lint"],
)
def test_json_has_the_fields_that_are_promised(
    arguments: tuple[str, ...], fields: dict[str, Types], folder: Path
) -> None:
    assert_has(printed(folder, *arguments), fields)


def test_the_parts_of_an_answer_have_their_fields(folder: Path) -> None:
    [answer] = printed(folder, "check", "rogue", "ponger:http/a", "{folder}/old.yaml")
    assert_has(answer["reasons"], REASON)
    assert_has([answer["change"]], SUGGESTION)
    [changed] = printed(folder, "diff", "{folder}/old.yaml", "{folder}/new.yaml")
    assert_has([changed["witness"]], WITNESS)
