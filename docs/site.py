"""Builds the documentation as a site, into `site/`: `python docs/site.py`. A dead link or a page that is missing fails.

The pages are copied first, because links from `docs/` to other files of the repository work there and not on a site:
in the copy they lead to the repository's own pages.
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
REPOSITORY = "https://github.com/pingpong/pingpong/blob/main/"
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


def outside(page: Path, link: str) -> Path | None:
    """Return the file of the repository that a page's link leads to, if it is not one of the documentation."""
    target = (page.parent / link).resolve()
    return None if target.is_relative_to(DOCS) else target.relative_to(ROOT)


def rewritten(page: Path) -> str:
    """Return a page whose links out of the documentation lead to the repository."""

    def link(found: re.Match[str]) -> str:
        target = outside(page, found[1])
        return found[0] if target is None else f"]({REPOSITORY}{target}"

    return LINK.sub(link, page.read_text())


def copy(folder: Path) -> None:
    """Copy the pages, drawings and manifests, but no programs."""
    shutil.copy(ROOT / "zensical.toml", folder)
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for page in DOCS.rglob("*.md"):
        (folder / "docs" / page.relative_to(DOCS)).write_text(rewritten(page))


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
