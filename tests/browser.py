"""The browser that is installed here, for tests that look at pages."""

import contextlib
import os
import shutil

import pytest
from playwright.sync_api import sync_playwright

NAMES = ["chromium", "chromium-browser", "google-chrome"]
BROWSER = next(filter(None, map(shutil.which, NAMES)), None)
browser_is_installed = pytest.mark.skipif(
    BROWSER is None, reason=f"no browser is installed: {', '.join(NAMES)}"
)


@contextlib.contextmanager
def started():
    """Start Chromium, or Chrome, and end it."""
    options = [
        "--disable-gpu", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--no-first-run",
    ]  # fmt: skip
    if os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium refuses to run as root without
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=options)
        yield browser
        browser.close()
