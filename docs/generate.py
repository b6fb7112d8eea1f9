"""Writes the outputs that the documentation shows, or checks that they are still true.

A `console` block under the line `<!-- output -->` holds commands (`$ …`) and what they print; a command that refuses
its input needs `<!-- output, exit 2 -->`.
A `markdown` part between `<!-- from: COMMAND -->` and `<!-- end -->` is what COMMAND prints.
The pages of meshpolicy's verbs and codes are written as a whole.
`python docs/generate.py` runs the commands and writes their output; `--check` compares, and fails on a difference.
What changes from run to run (seconds, dates, restarts, the order in which pods become ready) is not compared.
The commands run in a state folder and on ports of their own, and the pages show the usual ones.
"""

import argparse
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import chdir
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from click.testing import CliRunner

from meshpolicy.cli import main as meshpolicy

ROOT = Path(__file__).resolve().parent.parent
CONSOLE = re.compile(r"(<!-- output(?P<invalid>, exit 2)? -->\n```console\n)(.*?)(```\n)", re.DOTALL)
MARKDOWN = re.compile(r"(<!-- from: (.+?) -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)
COMMAND = re.compile(r"^\$ (.+?)(?:\s+#.*)?$", re.MULTILINE)
USUAL = "/tmp/pingpong-1000"  # noqa: S108 what the pages show, never opened
READY = re.compile(r"(?:^[\w-]+: (?:starting|ready)\n)+", re.MULTILINE)
CHANGING = (
    (re.compile(r"^Using the local mesh: .*$", re.MULTILINE), "Using the local mesh"),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z| UTC)?"), "DATE"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "TRACE"),
    (re.compile(r"\b\d+(\.\d+)? ?(m?s|h|min|d)\b"), "TIME"),
    (re.compile(r"(?<=ready {3})\d+"), "RESTARTS"),  # a liveness probe can miss its time on a machine that is busy
    (re.compile(r"\"seconds\": ?[\d.e-]+"), "SECONDS"),
    (re.compile(r"(?<=/#)[\w-]{43}"), "TOKEN"),
    (re.compile(r"\b127\.244\.\d+\.\d+"), "ADDRESS"),
    (re.compile(r"(/[\w.-]+)*/(pingpong[\w.-]*)/"), "STATE/"),
    (re.compile(r"[ \t─━-]+"), " "),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the commands run: what is real there, and what the pages show in its place."""

    environment: Mapping[str, str]
    shown: Mapping[str, str]

    @classmethod
    def make(cls, folder: str) -> "Stage":
        """Return a stage with ports that are free now."""
        port, https_port, page = free_port(), free_port(), free_port()
        environment = {
            "LOCALMESH_STATE": f"{folder}/m",
            "LOCALMESH_PORT": str(port),
            "LOCALMESH_HTTPS_PORT": str(https_port),
            "LOCALMESH_DASHBOARD_PORT": str(page),
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])),
            "DOCKER_HOST": f"unix://{folder}/no-engine",
            "NO_COLOR": "1",
            "COLUMNS": "110",
            "TERM": "dumb",
        }
        shown = {f"{folder}/m": USUAL, f":{port}": ":8080", f":{https_port}": ":8443", f":{page}": ":50750"}
        return cls(environment, shown)

    def run(self, command: str, highest: int = 0) -> str:
        """Return what a command prints on both streams, as a person at a plain 110-column terminal sees it.

        `highest` is the highest exit code that it may end with: a refusal or a finding (1) is worth showing.
        """
        for real, shown in self.shown.items():
            command = command.replace(shown, real)
        words = shlex.split(command)
        code, text = self.ask_meshpolicy(words) if words[0] == "meshpolicy" else self.start(words)
        if code > highest:
            sys.exit(f"`{command}` ended with {code}:\n{text}")
        for real, shown in self.shown.items():
            text = text.replace(real, shown)
        return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"

    def ask_meshpolicy(self, words: list[str]) -> tuple[int, str]:
        """Return the exit code and the output of meshpolicy, in this process: the pages ask it some hundred times."""
        with chdir(ROOT):
            result = CliRunner(env=self.environment, catch_exceptions=False).invoke(meshpolicy, words[1:])
        return result.exit_code, result.output

    def start(self, words: list[str]) -> tuple[int, str]:
        """Return the exit code and the output of a program."""
        result = subprocess.run(
            words,
            cwd=ROOT,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return result.returncode, result.stdout


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def regenerate(text: str, stage: Stage) -> str:
    """Return the page with every marked output made anew."""

    def console(found: re.Match[str]) -> str:
        highest = 2 if found["invalid"] else 1
        shown = [f"$ {line[1]}" for line in COMMAND.finditer(found[3])]
        return found[1] + "\n".join(f"{line}\n{stage.run(line[2:], highest)}" for line in shown) + found[4]

    def markdown(found: re.Match[str]) -> str:
        return found[1] + stage.run(found[2]) + found[4]

    return MARKDOWN.sub(markdown, CONSOLE.sub(console, text))


def stable(text: str) -> list[str]:
    """Return the lines of a page without what changes from run to run."""
    text = READY.sub(lambda found: "".join(sorted(found[0].splitlines(keepends=True))), text)
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return text.splitlines(keepends=True)


def pages() -> list[Path]:
    """Return the pages that show outputs, in order."""
    found = [ROOT / "README.md", *sorted((ROOT / "src").glob("*/*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if CONSOLE.search(page.read_text()) or MARKDOWN.search(page.read_text())]


def main() -> int:
    """Write all pages, or compare them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare and fail on a difference; write nothing")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory(prefix="pp-") as folder:
        stage = Stage.make(folder)
        try:
            stage.run(f"python -m meshpolicy.reference pages docs/reference{' --check' if check else ''}")
            stale = [page for page in pages() if not brought_up_to_date(page, stage, check)]
        finally:
            stage.run("just down")
    if stale:
        sys.stderr.write(
            f"\n{len(stale)} page(s) show what is no longer so.\n\nhint: run `just docs` and read the change\n"
        )
    return 1 if stale else 0


def brought_up_to_date(page: Path, stage: Stage, check: bool) -> bool:
    """Write a page anew, or say how it differs; return whether it is true now."""
    old = page.read_text()
    new = regenerate(old, stage)
    if not check:
        page.write_text(new)
        return True
    name = str(page.relative_to(ROOT))
    difference = list(unified_diff(stable(old), stable(new), f"{name} as written", f"{name} as run"))
    sys.stderr.writelines(difference)
    return not difference


if __name__ == "__main__":
    sys.exit(main())
