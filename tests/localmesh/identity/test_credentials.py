"""Certificates are in place before a pod starts, and replaced before they end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from localmesh.identity.authority import Authority
from localmesh.identity.credentials import Credentials
from localmesh.pods.pod import Pod

from ..build import pod

HOUR = timedelta(hours=1)


@pytest.fixture
def credentials() -> Credentials:
    return Credentials(Authority.create("cluster.local"), HOUR)


@pytest.fixture
def it(tmp_path: Path) -> Pod:
    return pod(folder=tmp_path)


@pytest.mark.parametrize("outside", [False, True])
def test_a_pod_has_its_identity_and_the_ingress_one_more(outside: bool, credentials: Credentials, it: Pod) -> None:
    credentials.issue(it, serves_outside=outside)
    assert (credentials.held[it.name].server is not None) is outside


def test_no_certificate_or_key_is_written_anywhere(credentials: Credentials, it: Pod) -> None:
    credentials.issue(it, serves_outside=True)
    assert not list(it.folder.iterdir())


@pytest.mark.parametrize(("minutes", "due"), [(0, False), (41, False), (43, True), (90, True)])
def test_a_certificate_is_due_at_seven_tenths_of_its_life(
    minutes: int, due: bool, credentials: Credentials, it: Pod
) -> None:
    credentials.issue(it)
    now = datetime.now(UTC) + timedelta(minutes=minutes)
    assert credentials.due([it, pod("other-0")], now) == ((it,) if due else ())


def test_the_end_of_a_certificate_is_told(credentials: Credentials, it: Pod) -> None:
    assert credentials.expires(it) == ""
    credentials.issue(it)
    end = datetime.fromisoformat(credentials.expires(it))
    assert timedelta(minutes=59) < end - datetime.now(UTC) <= HOUR
