"""The dashboards as a program of their own and a headless browser, for tests that look at real pages."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WITHOUT_CHROMIUM = "no Chromium is installed (apt-get install chromium)"
# Nothing but the pages under test is loaded; a sandbox is not to be had in a container.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def dashboards(folder: Path, *flags: str, **environment: str) -> Iterator[str]:
    """The application on the publications of a folder, on a free port; gives its address.

    Without `environment` it runs as the demonstration does: nobody signs in.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboards" / "streamlit_app.py")]
    program = subprocess.Popen(
        [*command, "--server.port", str(port), "--server.headless", "true", *flags],
        cwd=ROOT,
        # Tests and what they look at belong to one user, as in a demonstration.
        env=os.environ
        | {"FLIC_PUBLICATIONS_DIR": str(folder), "FLIC_ALLOW_RESTRICTED_ZONE": "1"}
        | (environment or {"FLIC_WITHOUT_LOGIN": "1"}),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.25)
        yield address
    finally:
        program.terminate()
        program.wait(timeout=20)


@contextmanager
def chromium() -> Iterator[Browser]:
    """One headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
