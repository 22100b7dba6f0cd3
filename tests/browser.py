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

# Runs before the page's own scripts: draw elements that a test can count, not pixels, and keep
# the promise of each drawing.
SVG_PLEASE = """
window.drawings = [];
let embed;
const embedSvg = (where, spec) => {
    const drawing = embed(where, spec, {renderer: "svg"});
    window.drawings.push(drawing);
    return drawing;
};
Object.defineProperty(window, "vegaEmbed", {get: () => embedSvg, set: (real) => { embed = real; }});
"""
# Waits until every chart is drawn or has failed; gives why the failed ones failed.
FAILED_DRAWINGS = """async () => {
    const results = await Promise.allSettled(window.drawings);
    return results.filter((r) => r.status == "rejected").map((r) => String(r.reason));
}"""


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


@contextlib.contextmanager
def visited(browser, url, *, root, **options):
    """Open a page, which gets what begins with the address ``root`` and nothing else.

    Yields the page, as it is when its charts are drawn or have failed, and a list of what goes
    wrong there: errors, and requests to elsewhere.
    """
    page = browser.new_page(**options)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)

    def serve(route):
        if route.request.url.startswith((root, "data:")):
            route.continue_()
        else:
            errors.append(f"asks for {route.request.url}")
            route.abort()

    page.route("**/*", serve)
    page.add_init_script(SVG_PLEASE)
    page.goto(url)
    errors += page.evaluate(FAILED_DRAWINGS)
    yield page, errors
    page.close()
