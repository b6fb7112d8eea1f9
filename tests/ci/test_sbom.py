"""The bill of materials holds all that the lock pins, is valid CycloneDX, and is the same each time."""

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from supply.sbom import bill, entries, written

LOCK = (Path(__file__).resolve().parents[2] / "requirements.lock").read_text()
HASH = "--hash=sha256:" + "a" * 64


def test_every_pinned_package_is_in_it_with_all_its_hashes() -> None:
    found = json.loads(written(bill(LOCK)))
    hashes = [one for part in found["components"] for file in part["externalReferences"] for one in file["hashes"]]
    assert len(found["components"]) == len(list(entries(LOCK)))
    assert sorted(one["content"] for one in hashes) == sorted(
        word.removeprefix("--hash=sha256:") for word in LOCK.split() if word.startswith("--hash=")
    )


def test_it_is_valid() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written(bill(LOCK))) is None


def test_the_same_lock_gives_the_same_bytes() -> None:
    assert written(bill(LOCK)) == written(bill(LOCK))


def test_a_marker_stays_with_its_package() -> None:
    found = json.loads(written(bill(f"a==1 ; sys_platform == 'win32' {HASH}\n")))
    assert found["components"][0]["properties"] == [{"name": "pip:marker", "value": 'sys_platform == "win32"'}]


@pytest.mark.parametrize("line", [f"a>=1 {HASH}", "a==1"])
def test_what_is_not_pinned_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="expected one version"):
        bill(line)
