"""Writes the outputs that the documentation shows, or checks that they are still true.

A `console` block under the line `<!-- output -->` holds commands (`$ …`) and what they print.
A `markdown` part between `<!-- from: COMMAND -->` and `<!-- end -->` is what COMMAND prints.
`python docs/generate.py` runs the commands and writes their output; `--check` compares, and fails on a difference.
What changes from run to run (seconds, dates, process numbers) is not compared.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
from difflib import unified_diff
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSOLE = re.compile(r"(<!-- output -->\n```console\n)(.*?)(```\n)", re.DOTALL)
MARKDOWN = re.compile(r"(<!-- from: (.+?) -->\n)(.*?)(<!-- end -->\n)", re.DOTALL)
COMMAND = re.compile(r"^\$ (.+?)(?:\s+#.*)?$", re.MULTILINE)
CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(Z| UTC)?"), "DATE"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "TRACE"),
    (re.compile(r"\b\d+(\.\d+)?(?:e-\d+)?( ?m?s| h| min)?\b"), "N"),
    (re.compile(r"(/[\w.-]+)*/(pingpong[\w.-]*)/"), "STATE/"),
    (re.compile(r"[ \t─━-]+"), " "),
)


def run(command: str) -> str:
    """Return what a command prints on both streams, as a person at a plain 110-column terminal sees it."""
    environment = os.environ | {"NO_COLOR": "1", "COLUMNS": "110", "TERM": "dumb"}
    if command.startswith("just "):
        command = f"just --quiet {command.removeprefix('just ')}"
    result = subprocess.run(
        shlex.split(command),
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return "\n".join(line.rstrip() for line in result.stdout.strip().splitlines()) + "\n"


def regenerate(text: str) -> str:
    """Return the page with every marked output made anew."""

    def console(found: re.Match[str]) -> str:
        shown = [f"$ {line[1]}" for line in COMMAND.finditer(found[2])]
        return found[1] + "\n".join(f"{line}\n{run(line[2:])}" for line in shown) + found[3]

    def markdown(found: re.Match[str]) -> str:
        return found[1] + run(found[2]) + found[4]

    return MARKDOWN.sub(markdown, CONSOLE.sub(console, text))


def stable(text: str) -> list[str]:
    """Return the lines of a page without what changes from run to run."""
    for pattern, word in CHANGING:
        text = pattern.sub(word, text)
    return text.splitlines(keepends=True)


def pages() -> list[Path]:
    """Return the pages that show outputs, in order."""
    found = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in found if CONSOLE.search(page.read_text()) or MARKDOWN.search(page.read_text())]


def main() -> int:
    """Write all pages, or compare them; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare and fail on a difference; write nothing")
    check = parser.parse_args().check
    stale = 0
    for page in pages():
        old = page.read_text()
        new = regenerate(old)
        if not check:
            page.write_text(new)
        elif stable(old) != stable(new):
            stale += 1
            name = str(page.relative_to(ROOT))
            sys.stderr.writelines(unified_diff(stable(old), stable(new), f"{name} as written", f"{name} as run"))
    if stale:
        sys.stderr.write(f"\n{stale} page(s) show what is no longer so.\n\nhint: run `just docs` and read the change\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
