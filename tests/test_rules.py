"""The recording and alert rules, as Prometheus itself evaluates them; skipped where its `promtool` is not installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

from .onpath import THIS_MACHINE

TESTS = Path(__file__).with_name("rules.test.yml")


def test_rules_record_and_alerts_fire_as_their_unit_tests_say() -> None:
    promtool = shutil.which("promtool", path=THIS_MACHINE)
    if promtool is None:
        pytest.skip("no promtool is installed: `apt-get install prometheus`")
    done = subprocess.run([promtool, "test", "rules", str(TESTS)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
