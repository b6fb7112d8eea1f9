"""Builds the documentation as a site, into `site/`: `python docs/site.py`. A dead link or a page that is missing fails.

The pages are copied first, because links from `docs/` to other files of the repository work there and not on a site:
in the copy they lead to the repository's own pages. Its address is that of the checkout's `origin`; where that is none
that a browser opens, only the words of the link stay.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCS, SITE = ROOT / "docs", ROOT / "site"
LINK = re.compile(r"(?<!!)\[((?:[^][]|\[[^][]*\])+)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")
ORIGIN = re.compile(r"(?:https://(?:[^@/]*@)?([^/]+)/|ssh://git@([^/:]+)(?::\d+)?/|git@([^/:]+):)(.+?)(?:\.git)?/?")


def browsable(origin: str) -> str | None:
    """Return where a browser finds the files of a git remote's main branch, or nothing for a folder on this machine.

    A name or a password in the remote's address is left out.
    """
    found = ORIGIN.fullmatch(origin)
    return f"https://{found[1] or found[2] or found[3]}/{found[4]}/blob/main/" if found else None


def origin() -> str:
    """Return the address of the checkout's `origin`; empty where there is none."""
    asked = ["git", "config", "--get", "remote.origin.url"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def outside(page: Path, link: str) -> Path | None:
    """Return the file of the repository that a page's link leads to, if it is not one of the documentation."""
    target = (page.parent / link).resolve()
    return None if target.is_relative_to(DOCS) else target.relative_to(ROOT)


def rewritten(page: Path, repository: str | None) -> str:
    """Return a page whose links out of the documentation lead to the repository, or are plain words without it."""

    def link(found: re.Match[str]) -> str:
        words, to, part = found.groups(default="")
        target = outside(page, to)
        if target is None:
            return found[0]
        return f"[{words}]({repository}{target}{part})" if repository else words

    return LINK.sub(link, page.read_text())


def copy(folder: Path) -> None:
    """Copy the pages, drawings and manifests, but no programs."""
    shutil.copy(ROOT / "zensical.toml", folder)
    repository = browsable(origin())
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for page in DOCS.rglob("*.md"):
        (folder / "docs" / page.relative_to(DOCS)).write_text(rewritten(page, repository))


def main() -> int:
    """Build the site; return the builder's exit code."""
    with tempfile.TemporaryDirectory(prefix="pp-site-") as name:
        folder = Path(name)
        copy(folder)
        program = Path(sys.executable).with_name("zensical")
        environment = {**os.environ, "NO_COLOR": "1"}
        built = subprocess.run([program, "build", "--strict"], cwd=folder, env=environment, check=False)
        if built.returncode == 0:
            shutil.rmtree(SITE, ignore_errors=True)
            shutil.move(folder / "site", SITE)
    return built.returncode


if __name__ == "__main__":
    sys.exit(main())
