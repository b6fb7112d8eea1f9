"""Takes the picture of the page that the documentation shows: `just screenshot`.

It runs the project's own manifests in a state folder and on ports of its own, makes calls that are answered and calls
that are refused, and photographs the page in the Chromium that is installed here.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from generate import ROOT, free_port
from playwright.sync_api import sync_playwright

PICTURE = ROOT / "docs" / "dashboard.png"
SIZE = {"width": 1360, "height": 880}
ASKED = (("unmeshed", "ponger/ping"), ("ponger", "pinger/rally"), ("unmeshed", "pinger:metrics/metrics"))
SECONDS = 12
"""Of traffic before the picture: a little more than the page's window."""


def main() -> None:
    """Run the program."""
    browser = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
    if browser is None:
        sys.exit("error: no Chromium is installed: `apt-get install chromium`")
    with tempfile.TemporaryDirectory(prefix="lm-") as folder, mesh(Path(folder)) as (environment, port):
        for source, target in ASKED:
            localmesh(environment, "ask", source, target)
        address = localmesh(environment, "dashboard").strip()
        with sync_playwright() as playwright:
            page = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_page(viewport=SIZE)
            page.goto(address)
            call(port)
            localmesh(environment, "ask", *ASKED[0])
            trace = page.locator("#traces button", has_text="GET /rally").first
            if trace.count():
                trace.click()
                page.mouse.move(0, 0)
            call(port, seconds=2)
            page.screenshot(path=PICTURE)
    sys.stdout.write(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size // 1000} kB\n")


@contextmanager
def mesh(folder: Path) -> Iterator[tuple[dict[str, str], int]]:
    """Run a mesh; yield its environment and the port of its ingress."""
    port = free_port()
    environment = os.environ | {
        "LOCALMESH_STATE": str(folder / "m"),
        "LOCALMESH_PORT": str(port),
        "LOCALMESH_HTTPS_PORT": str(free_port()),
    }
    try:
        localmesh(environment, "up")
        yield environment, port
    finally:
        localmesh(environment, "down")


def localmesh(environment: dict[str, str], *words: str) -> str:
    """Run a command, and return what it prints; a refused call is no failure."""
    command = [sys.executable, "-m", "localmesh", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False).stdout


def call(port: int, seconds: float = SECONDS) -> None:
    """Call the ingress some times a second."""
    with httpx.Client(trust_env=False) as http:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            http.get(f"http://127.0.0.1:{port}/rally")
            time.sleep(0.2)


if __name__ == "__main__":
    main()
