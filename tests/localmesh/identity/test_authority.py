"""The authority outlives a restart, renews itself in time, and is for its user's eyes only."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localmesh.errors import BadInput
from localmesh.identity.authority import ANCHOR_LIFETIME, ISSUER_LIFETIME, Authority

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def opened(folder: Path, after: timedelta = timedelta()) -> Authority:
    return Authority.open(folder / "authority", "cluster.local", NOW + after)


def test_opening_it_twice_gives_the_same(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    assert (first.anchor.pem, first.issuer.pem) == (second.anchor.pem, second.issuer.pem)
    assert first.issuer.key_pem == second.issuer.key_pem


@pytest.mark.parametrize(
    ("life", "part", "anchor", "issuer"),
    [
        pytest.param(ISSUER_LIFETIME, 0.69, True, True, id="both are kept"),
        pytest.param(ISSUER_LIFETIME, 0.71, True, False, id="the issuer is renewed"),
        pytest.param(ANCHOR_LIFETIME, 0.71, False, False, id="all is made anew"),
    ],
)
def test_as_time_passes(tmp_path: Path, life: timedelta, part: float, anchor: bool, issuer: bool) -> None:
    before, after = opened(tmp_path), opened(tmp_path, life * part)
    assert (anchor, issuer) == (before.anchor.pem == after.anchor.pem, before.issuer.pem == after.issuer.pem)
    after.issuer.x509.verify_directly_issued_by(after.anchor.x509)


def test_its_files_are_private(tmp_path: Path) -> None:
    opened(tmp_path)
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "authority").iterdir()}
    assert dict.fromkeys(["ca.crt", "ca.key", "issuer.crt", "issuer.key"], "0o600") == modes
    assert (tmp_path / "authority").stat().st_mode & 0o777 == 0o700


def _damage(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text)


def _another_key(folder: Path) -> None:
    (folder / "issuer.key").write_bytes((folder / "ca.key").read_bytes())


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        pytest.param(
            _damage("issuer.crt", "no PEM"), "not a certificate and an unencrypted key in PEM", id="no certificate"
        ),
        pytest.param(_damage("ca.key", ""), "not a certificate and an unencrypted key in PEM", id="an empty key"),
        pytest.param(lambda at: (at / "issuer.key").unlink(), "No such file or directory", id="no key"),
        pytest.param(_another_key, "key is not the certificate's", id="the key of another"),
    ],
)
def test_damage_is_told_with_what_to_do(tmp_path: Path, damage: Callable[[Path], object], reason: str) -> None:
    opened(tmp_path)
    damage(tmp_path / "authority")
    with pytest.raises(BadInput, match=reason) as found:
        opened(tmp_path)
    assert "remove" in found.value.hint
