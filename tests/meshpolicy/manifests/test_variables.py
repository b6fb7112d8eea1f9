"""Variables of GitOps tools: a value that is given, else the default, else the variable itself."""

import pytest

from meshpolicy.core.document import Document
from meshpolicy.core.errors import Place
from meshpolicy.manifests.parse import parse_documents
from meshpolicy.manifests.variables import substituted, unset


@pytest.mark.parametrize(
    ("text", "values", "result"),
    [
        ("a: ${X}", {"X": "1"}, "a: 1"),
        ("a: ${X}", {}, "a: ${X}"),
        ("a: ${X:=10.0.0.0/8}", {}, "a: 10.0.0.0/8"),
        ("a: ${X:-b}", {}, "a: b"),
        ("a: ${X:=b}", {"X": "c"}, "a: c"),
        ("a: ${X:=}", {}, "a: "),
        ("a: ${X:=b}", {"X": ""}, "a: b"),
        ("a: ${X}", {"X": ""}, "a: "),
        ("a: $${X:=b}", {"X": "c"}, "a: $${X:=b}"),
        ("a: ${X^^}", {"X": "c"}, "a: ${X^^}"),
        ("a: $X, $(X), ${1}", {"X": "c"}, "a: $X, $(X), ${1}"),
    ],
)
def test_a_variable_is_filled_in(text: str, values: dict[str, str], result: str) -> None:
    assert substituted(text, values) == result


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"spec": {"networks": [{"cidr": "${A}"}]}}, ["A"]),
        ({"metadata": {"labels": {"${K}": "${V}"}}}, ["K", "V"]),
        ({"spec": {"containers": [{"command": ["sh", "-c", "echo ${HOME}"]}]}}, []),
        ({"spec": {"port": 1}}, []),
        *(
            ({"spec": {"port": text}}, [text])
            for text in ("${A#x}", "${A/b/c}", "${A^^}", "${A:0:4}", "${#A}", "$${A}")
        ),
        ({"spec": {"path": "/a${2}$"}}, []),
    ],
)
def test_a_variable_without_a_value_is_named_where_it_decides_something(data: object, names: list[str]) -> None:
    assert list(unset(data)) == names


@pytest.mark.parametrize(
    ("version", "kind"),
    [("apps/v1", "Deployment"), ("argoproj.io/v1alpha1", "Rollout"), ("serving.knative.dev/v1", "Service")],
)
def test_a_workload_with_a_variable_is_told_and_not_lost(version: str, kind: str) -> None:
    """R130: of whatever kind; what makes pods is known by its template."""
    template = {"metadata": {"labels": {"app": "${APP}"}}, "spec": {"containers": [{"name": "app"}]}}
    metadata = {"name": "web", "namespace": "shop"}
    data = {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": {"template": template}}
    found = parse_documents([Document(Place("web.yaml", 1), data, unset=("APP",))])
    told = f"left out: {kind} shop/web has the variable APP, which has no value; give it with --set APP=VALUE"
    assert [problem.message for problem in found.problems] == [told]
