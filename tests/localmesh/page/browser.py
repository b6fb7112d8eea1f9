"""A real Chromium, driven by Playwright: the one that is installed on this machine."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from ...onpath import THIS_MACHINE

NAMES = ("chromium", "chromium-browser", "google-chrome")
TIMEOUT = 60_000.0
"""Milliseconds that a fact may take on a machine that is busy; where less is promised, the test measures it."""
expect.set_options(timeout=TIMEOUT)


def executable() -> str:
    """Return the browser, or skip the test where there is none."""
    found = next((path for name in NAMES if (path := shutil.which(name, path=THIS_MACHINE))), None)
    if found is None:
        pytest.skip(f"no {NAMES[0]} is installed: `apt-get install chromium`")
    return found


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Start a browser that keeps all its files in `folder`."""
    environment: dict[str, str | float | bool] = {"PATH": THIS_MACHINE, "HOME": str(folder), "TMPDIR": str(folder)}
    with sync_playwright() as playwright:
        # Without a sandbox of its own: it opens no page but ours, and many machines and containers allow it none.
        browser = playwright.chromium.launch(executable_path=executable(), args=["--no-sandbox"], env=environment)
        try:
            yield browser
        finally:
            browser.close()


class Complaints:
    """What a page has complained about: errors, warnings, and what its own policy kept it from."""

    def __init__(self, page: Page) -> None:
        self.found: list[str] = []
        page.on("console", lambda message: self.found.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.found.append(f"error: {error}"))
        page.on("request", lambda request: self._only_here(request.url))

    def _only_here(self, url: str) -> None:
        if not url.startswith("http://127.0.0.1:"):
            self.found.append(f"asked for {url}")
