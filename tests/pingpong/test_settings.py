"""What is accepted from the environment, and what is said of the rest."""

import re
import tomllib
from pathlib import Path

import pytest

from pingpong import __version__
from pingpong.reference import settings as reference
from pingpong.settings import BadSettings, LogFormat, Settings, accepts, read, variables

PROJECT = Path(__file__).parents[2]


def refused(monkeypatch: pytest.MonkeyPatch, **environment: str) -> tuple[str, ...]:
    """Return the reasons for which an environment is refused."""
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(BadSettings) as caught:
        read()
    return caught.value.reasons


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("PINGPONG_PORT", "0", "a port from 1 to 65535"),
        ("PINGPONG_PORT", "65536", "a port from 1 to 65535"),
        ("PINGPONG_METRICS_PORT", "http", "a port from 1 to 65535"),
        ("PINGPONG_INTERVAL", "0", "seconds from 0.01 to 86400"),
        ("PINGPONG_INTERVAL", "nan", "seconds from 0.01 to 86400"),
        ("PINGPONG_INTERVAL", "inf", "seconds from 0.01 to 86400"),
        ("PINGPONG_TIMEOUT", "-1", "seconds from 0.01 to 3600"),
        ("PINGPONG_JITTER", "1.1", "a number from 0 to 1"),
        ("PINGPONG_DRAIN", "soon", "seconds from 0 to 600"),
        ("PINGPONG_GRACE", "0.5", "whole seconds from 1 to 600"),
        ("PINGPONG_NAME", "Ponger", "a DNS label"),
        ("PINGPONG_NAME", "a" * 64, "a DNS label"),
        ("PINGPONG_TARGET", "ponger", "an http:// or https:// URL without user"),
        ("PINGPONG_TARGET", "http://", "an http:// or https:// URL without user"),
        ("PINGPONG_TARGET", "http://ponger:99999/", "an http:// or https:// URL without user"),
        ("PINGPONG_TARGET", "http://ponger/a b", "an http:// or https:// URL without user"),
        ("PINGPONG_OTLP_ENDPOINT", "collector:4318", "an http(s) URL"),
        ("PINGPONG_LOG_FORMAT", "xml", "auto, json or text"),
        ("PINGPONG_LOG_LEVEL", "loud", "debug, info, warning or error"),
        ("PINGPONG_FAULTS", "maybe", "true or false"),
    ],
)
def test_a_bad_value_is_named_with_what_is_accepted(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    assert refused(monkeypatch, **{variable: value}) == (f"{variable}={value}: expected {expected}",)


def test_a_password_in_a_url_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = refused(monkeypatch, PINGPONG_TARGET="http://me:secret@ponger/ping")
    assert reasons == ("PINGPONG_TARGET=http://***@ponger/ping: expected an http:// or https:// URL without user",)


def test_the_value_of_an_unknown_variable_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    (reason,) = refused(monkeypatch, PINGPONG_OTLP_HEADERS="authorization=Bearer s3cret")
    assert "s3cret" not in reason


@pytest.mark.parametrize(
    ("variable", "advice"),
    [
        ("PINGPONG_TARGT", "did you mean PINGPONG_TARGET?"),
        ("PINGPONG_NODE", "did you mean PINGPONG_NODE_NAME?"),
        ("PINGPONG_XYZZY_PLUGH_42", "`python -m pingpong.reference settings` lists all"),
    ],
)
def test_an_unknown_variable_is_an_error(monkeypatch: pytest.MonkeyPatch, variable: str, advice: str) -> None:
    assert refused(monkeypatch, **{variable: "1"}) == (f"{variable}: there is no such setting; {advice}",)


def test_all_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reasons = refused(monkeypatch, PINGPONG_PORT="x", PINGPONG_JITTER="2", PINGPONG_PROT="1")
    assert [re.split("[=:]", reason)[0] for reason in reasons] == ["PINGPONG_PROT", "PINGPONG_PORT", "PINGPONG_JITTER"]


@pytest.mark.parametrize(
    ("variable", "value"),
    [("PINGPONG_FAULT_DELAY", "1"), ("PINGPONG_FAULT_ERROR_RATE", "0.5"), ("PINGPONG_FAULT_UNREADY", "true")],
)
def test_a_fault_must_be_allowed(monkeypatch: pytest.MonkeyPatch, variable: str, value: str) -> None:
    assert refused(monkeypatch, **{variable: value}) == (
        f"{variable}={value}: expected only together with PINGPONG_FAULTS=true",
    )
    monkeypatch.setenv("PINGPONG_FAULTS", "true")
    assert read().faults


def test_values_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINGPONG_INTERVAL", "0.25")
    monkeypatch.setenv("PINGPONG_LOG_FORMAT", "json")
    monkeypatch.setenv("PINGPONG_SOCKETS", "/run/pod")
    monkeypatch.setenv("PINGPONG_TARGET", "")
    found = read()
    assert (found.interval, found.log_format, found.sockets, found.target) == (
        0.25,
        LogFormat.JSON,
        Path("/run/pod"),
        "",
    )


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1


@pytest.mark.parametrize(("variable", "field"), variables().items())
def test_every_setting_is_explained(variable: str, field: str) -> None:
    assert accepts(field)
    assert Settings.model_fields[field].description
    assert f"| `{variable}` |" in reference()


def test_the_version_is_the_projects() -> None:
    assert tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"] == __version__
