"""Settings: read together, refused together."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localmesh.errors import BadInput
from localmesh.settings import Settings, duration, read, to_environ


def test_an_empty_environment_gives_the_defaults() -> None:
    assert read({"PATH": "/bin"}) == Settings()


def test_every_setting_is_read_and_the_mark_of_a_process_is_none() -> None:
    environ = {
        "LOCALMESH_STATE": "/run/pp",
        "LOCALMESH_MANIFESTS": "/a:/b",
        "LOCALMESH_PORT": "18080",
        "LOCALMESH_HTTPS_PORT": "18443",
        "LOCALMESH_CERTIFICATE_LIFETIME": "90s",
        "LOCALMESH_PROCESS": "supervisor",
    }
    assert read(environ) == Settings(Path("/run/pp"), (Path("/a"), Path("/b")), 18080, 18443, timedelta(seconds=90))


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("LOCALMESH_PORTS", "1", "there is no such setting; did you mean LOCALMESH_PORT?"),
        ("LOCALMESH_X", "1", "there is no such setting; known are LOCALMESH_STATE,"),
        ("LOCALMESH_PORT", "http", "a port from 1 to 65535 is expected"),
        ("LOCALMESH_PORT", "0", "a port from 1 to 65535 is expected"),
        ("LOCALMESH_HTTPS_PORT", "65536", "a port from 1 to 65535 is expected"),
        ("LOCALMESH_STATE", "", "a folder is expected"),
        ("LOCALMESH_CERTIFICATE_LIFETIME", "1w", "a number with a unit is expected"),
        ("LOCALMESH_CERTIFICATE_LIFETIME", "1s", "from 5s to 365d is accepted"),
        ("LOCALMESH_CERTIFICATE_LIFETIME", "366d", "from 5s to 365d is accepted"),
        ("LOCALMESH_CERTIFICATE_LIFETIME", "9" * 500 + "d", "a number with a unit is expected"),
        ("LOCALMESH_PORT", "9" * 5000, "a port from 1 to 65535 is expected"),
        ("LOCALMESH_MANIFESTS", "/a::/b", "a folder is expected"),
    ],
)
def test_a_bad_setting_is_named_with_what_is_accepted(variable: str, value: str, complaint: str) -> None:
    with pytest.raises(BadInput) as caught:
        read({variable: value})
    (reason,) = caught.value.reasons
    assert reason.startswith(variable)
    assert complaint in reason


def test_all_bad_settings_are_reported_together() -> None:
    with pytest.raises(BadInput) as caught:
        read({"LOCALMESH_PORT": "x", "LOCALMESH_STATE": "", "LOCALMESH_NO": "1"})
    assert len(caught.value.reasons) == 3


@pytest.mark.parametrize(("text", "seconds"), [("5s", 5), ("1.5m", 90), ("24h", 86400), ("7d", 604800)])
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


NAMES = st.text(st.sampled_from("ab:\\. \udce9é"), min_size=1, max_size=6).filter(lambda name: name not in (".", ".."))


@given(st.lists(NAMES, min_size=1, max_size=4))
def test_any_path_comes_through_the_environment_as_it_is(names: list[str]) -> None:
    settings = Settings(Path("/s"), tuple(Path("/", name) for name in names))
    assert read(to_environ(settings)) == settings
