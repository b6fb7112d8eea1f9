"""`kubectl meshpolicy`: the command line on the cluster that kubectl speaks to."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from meshpolicy.kubectl import with_context

from ..onpath import only, really, stand_in
from .build import ARENA, account, allow, server

KUBECTL = """import json, sys
from pathlib import Path
here = Path(__file__).parent
words = sys.argv[1:]
with (here / "asked").open("a") as asked:
    asked.write(json.dumps(words) + chr(10))
if words == ["config", "current-context"]:
    print("here")
elif "api-resources" in words:
    print("servers.policy.linkerd.io\\nauthorizationpolicies.policy.linkerd.io\\ndeployments.apps")
else:
    print((here / "objects.json").read_text())
"""


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a stand-in for kubectl on the PATH, whose current context is `here`; return its folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    stand_in(folder, "kubectl", KUBECTL)
    items = [*ARENA, server(), allow(account("pinger"))]
    (folder / "objects.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    only(monkeypatch, folder)
    return folder


def asked(folder: Path) -> list[list[str]]:
    return [json.loads(line) for line in (folder / "asked").read_text().splitlines()]


def plugin(*words: str) -> tuple[int, str, str]:
    """Run the plugin as the program that is installed."""
    program = [sys.executable, "-c", "from meshpolicy.kubectl import main; main()", *words]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_current_context_is_asked(kubectl: Path) -> None:
    code, out, told = plugin("check", "arena/pinger", "arena/ponger:8080/x")
    assert (code, out.split(":")[0]) == (0, "ALLOWED"), told
    assert plugin("check", "arena/rogue", "arena/ponger:8080/x")[0] == 1
    assert {words[0] for words in asked(kubectl)} == {"config", "--context=here"}


@pytest.mark.parametrize(
    "words",
    [
        ["check", "a", "b", "--context", "there"],
        ["check", "a", "b", "--context=there"],
        ["check", "--help"],
        ["diff", "old", "new"],
        ["nothing"],
        ["--version"],
        [],
    ],
)
def test_words_that_name_a_context_or_read_no_cluster_stay(words: list[str]) -> None:
    """There is no kubectl on the PATH that could be asked."""
    assert with_context(words) == words


def test_no_current_context_is_told_in_one_line(kubectl: Path) -> None:
    stand_in(kubectl, "kubectl", "import sys\nsys.exit('error: current-context is not set')\n")
    assert plugin("list") == (
        2,
        "",
        "kubectl meshpolicy: kubectl has no current context: error: current-context is not set; "
        "name one with --context\n",
    )


def test_the_real_kubectl_finds_it(tmp_path: Path) -> None:
    own = tmp_path / "kubectl-meshpolicy"
    program = "from meshpolicy.kubectl import main; main()"
    own.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c '{program}' \"$@\"\n")
    own.chmod(0o700)
    environment = os.environ | {"PATH": str(tmp_path), "KUBECONFIG": str(tmp_path / "none"), "HOME": str(tmp_path)}
    done = subprocess.run(
        [really("kubectl"), "meshpolicy", "--version"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.split()[0]) == (0, "meshpolicy"), done.stderr
