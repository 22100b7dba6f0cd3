"""The page of the site in Chromium: time to the first answer, bytes loaded, time per reading.

    python -m benchmarks.page

writes benchmarks/results/page.csv. Run `make site` before, and nothing else beside it. The tests'
packages and a browser must be installed.
"""

import gzip
import os
import time

import pandas as pd

from benchmarks.tables import page as table
from digits.atomic_write import atomic_write
from digits.cli import run
from digits.network.environment import describe
from digits.sweep.training import machine_of
from tests.browser import started
from tests.web import served
from tools.site import SITE

ROUNDS = 5  # visits, each without a cache; the fastest counts
READ = """async () => {
    const {answer} = await import("./answer.js");
    const start = performance.now();
    for (let i = 0; i < 20; i++) await answer(document.querySelector("canvas"));
    return (performance.now() - start) / 20;
}"""


def main():
    """Visit the page, draw a stroke, write the table."""
    rows = []
    with served(SITE) as address, started() as browser:
        for _ in range(ROUNDS):
            visitor = browser.new_page()
            start = time.perf_counter()
            visitor.goto(f"{address}/index.html", wait_until="domcontentloaded")
            box = visitor.locator("canvas").bounding_box()
            visitor.mouse.move(box["x"] + 200, box["y"] + 50)
            visitor.mouse.down()
            visitor.mouse.move(box["x"] + 180, box["y"] + 300)
            visitor.mouse.up()
            visitor.locator("#answer output").wait_for()
            rows.append([time.perf_counter() - start, visitor.evaluate(READ)])
            visitor.close()
    # Charts and store are in folders; all else is loaded.
    contents = [path.read_bytes() for path in SITE.iterdir() if path.is_file()]
    seconds, milliseconds = pd.DataFrame(rows).min().round(2)
    sizes = [sum(map(len, contents)), sum(len(gzip.compress(content)) for content in contents)]
    machine = machine_of(describe(precision="float32") | {"threads": os.cpu_count()})
    columns = ["seconds", "milliseconds", "bytes", "bytes_gzip", "machine"]
    row = pd.DataFrame([[seconds, milliseconds, *sizes, machine]], columns=columns)
    with atomic_write() as new:
        row.to_csv(new("benchmarks/results/page.csv"), index=False, lineterminator="\n")
    print(table())


if __name__ == "__main__":
    run(main, name="page")
