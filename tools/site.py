"""Write the project's page for any static host: `make site`.

``site/index.html`` is the page of ``make app``, on which you draw a digit. Here the network runs in
the browser, by ONNX Runtime Web. ``charts/`` is the page of ``dvc plots show``, and ``store/`` a
read-only DVC remote with the results that dvc.lock names.
"""

import json
import logging
import re
import shutil
import subprocess
import sys
from html import escape
from pathlib import Path

import numpy as np

from digits.atomic_write import PREFIX
from digits.cli import run
from digits.dataset.mirrors import fetch, open_mirror
from digits.errors import UserError
from digits.handwriting import app, limits
from digits.inference import MODEL, THRESHOLD, Recognizer
from digits.review.git import git

SITE = Path("site")
APP = Path(app.__file__).parent
FILES = {
    name: name for name in ["page.css", "page.js", "grid.js", "normalize.js", "uncertainty.js"]
}
FILES |= {"answer_in_browser.js": "answer.js"}
# npm package; file in it, size in bytes, SHA-256: the smallest build that runs in WebAssembly.
RUNTIME = "onnxruntime-web@1.30.0"
RUNTIME_FILES = [
    ("ort.wasm.min.mjs", 50126,
     "219e6a1fc8a9938268d18efca3c91d310bd2f4a59bbd13744df5b2b7fc6cee3b"),
    ("ort-wasm-simd-threaded.mjs", 24381,
     "e13f7f94fc51b4ca72b12faeb1ee95f4ace6dfbc8939bc718aabdc0a27c4299b"),
    ("ort-wasm-simd-threaded.wasm", 14239897,
     "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"),
]  # fmt: skip
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src data:;"
    " connect-src 'self'; base-uri 'none'; form-action 'none'"
)
LATE = """\
<p class="late">A page opened from disk cannot load the network: run
      <code>python -m http.server</code> in its folder and open http://localhost:8000.</p>"""
FOOTER = """\
  </main>
  <footer>
    <p>A reproducible DVC pipeline trained this network, which runs in your browser.</p>
    <p>It reads {accuracy:.2%} of its validation images correctly.</p>
    <p>{links}. For photographs, run <code>make app</code>.</p>
  </footer>
"""


def main():
    """Build the site in a folder beside site/ and move it into place."""
    partial = SITE.with_name(PREFIX + SITE.name)
    shutil.rmtree(partial, ignore_errors=True)  # of a run that was killed
    partial.mkdir()
    try:
        write_store(partial / "store")
        write_page(partial)
        write_network(partial)
        write_charts(partial / "charts")
        if SITE.exists():
            shutil.rmtree(SITE)
        partial.rename(SITE)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    print(f"site: written; run python -m http.server --directory {SITE} to look at it")


def write_page(site):
    """Write the page, its style and its scripts."""
    page = (APP / "page.html").read_text(encoding="utf-8")
    accuracy = json.loads(Path("metrics.json").read_text(encoding="utf-8"))["accuracy"]
    links = {"Charts": "charts/index.html"}
    if address := repository():
        links = {"Repository": address} | links
        links |= {"Model card": f"{address}/blob/HEAD/models/README.md"}
    else:
        print("site: no link to the repository: origin has no address on the web", file=sys.stderr)
    links = ", ".join(f'<a href="{escape(link)}">{name}</a>' for name, link in links.items())
    policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    page = page.replace("<head>\n", f"<head>\n  {policy}\n")
    page = page.replace(' role="status">', f' role="status">{LATE}')
    page = re.sub(r" *<label>.*</label>\n", "", page)  # of the button for photos
    page = page.replace("  </main>\n", FOOTER.format(accuracy=accuracy, links=links))
    (site / "index.html").write_text(page, encoding="utf-8")
    for source, name in FILES.items():
        shutil.copy(APP / source, site / name)


def repository():
    """Return the address of the repository on the web, by its remote ``origin``, or None.

    A user name or password in the address of the remote is left out.
    """
    try:
        remote = git("remote", "get-url", "origin").decode().strip()
    except UserError:
        return None
    web = re.fullmatch(r"(https?://)(?:[^/@]*@)?([^/@]+/.+?)(?:\.git)?/?", remote)
    shell = re.fullmatch(r"(?:ssh://)?[^/@:]+@([^/@:]+)(?::\d+/|[:/])(.+?)(?:\.git)?/?", remote)
    if web:
        return "".join(web.groups())
    return f"https://{'/'.join(shell.groups())}" if shell else None


def write_network(site):
    """Write the network, the limits of its readings, and the runtime that runs it in a browser.

    The network is that of this folder, or of DVC's cache if this folder has none. The runtime is
    taken from the last site, or downloaded by npm. UserError if one of them is missing.
    """
    from dvc import api
    from dvc.exceptions import DvcException

    try:
        with api.open(str(MODEL), mode="rb") as file:
            (site / MODEL.name).write_bytes(file.read())
    except (DvcException, OSError) as error:
        raise UserError(
            f"{MODEL}: not here; make repro writes it, make pull downloads it"
        ) from error
    # Checks the network, and turns off the usage data of ONNX Runtime.
    Recognizer(site / MODEL.name).predict(np.zeros((1, 28, 28), np.uint8))
    from onnxruntime import InferenceSession

    metadata = InferenceSession(site / MODEL.name).get_modelmeta().custom_metadata_map
    values = {name: value for name, value in vars(limits).items() if name.isupper()}
    values["DISTANCE_THRESHOLD"] = float(metadata[THRESHOLD])
    (site / "limits.js").write_text(f"export default {json.dumps(values)};\n", encoding="utf-8")
    scratch = site / "scratch"
    scratch.mkdir()
    places = [str(SITE), f"npm:{RUNTIME}"]
    mirrors = [open_mirror(place, scratch=scratch, timeout=20) for place in places]
    for name, size, sha256 in RUNTIME_FILES:
        fetch(name, site / name, sha256=sha256, size=size, mirrors=mirrors)
    shutil.rmtree(scratch)


def write_charts(folder):
    """Write the page of ``dvc plots show``; UserError if a chart is missing."""
    command = [sys.executable, "-m", "dvc", "plots", "show", "--out", folder]
    captured = {"capture_output": True, "text": True}
    done = subprocess.run(command, **captured)  # noqa: S603, no shell
    if "failed to load" in done.stderr:  # with exit code 0 and an incomplete page
        done = subprocess.run([*command, "--json"], **captured)  # noqa: S603
        raise UserError(f"dvc plots show: {json.loads(done.stdout)['errors'][0]['msg']}")
    if done.returncode != 0 or not (folder / "index.html").is_file():
        reason = done.stderr.strip().splitlines() or ["it drew nothing"]
        raise UserError(f"dvc plots show: {reason[-1]}")


def write_store(folder):
    """Push the results that dvc.lock names into a folder, from the cache or the remote.

    Without results and without a remote, as on a CI runner that never trained, there is no store.
    UserError if the remote lacks results or cannot be reached.
    """
    from dvc.exceptions import DvcException  # takes a second to import
    from dvc.repo import Repo

    logging.disable(logging.WARNING)  # that lists the hashes that a remote lacks
    name = str(folder)  # differs from the names of the project's own remotes
    with Repo(config={"remote": {name: {"url": str(folder.resolve())}}}) as repo:

        def missing():
            outs = [out for out in repo.index.outs if out.use_cache]
            return ", ".join(str(out) for out in outs if out.changed_cache())

        has_remote = "remote" in repo.config["core"]
        try:
            if missing() and has_remote:
                repo.fetch()
            lacking = missing()
            if not lacking:
                repo.push(remote=name)
        except DvcException as error:
            raise UserError(f"no store: {' '.join(str(error).split())}") from error
    if lacking and has_remote:
        raise UserError(
            f"no store: neither cache nor remote gives {lacking}; dvc push sends them there"
        )
    if lacking:
        print(f"site: no store: DVC's cache lacks {lacking}; run make repro", file=sys.stderr)


if __name__ == "__main__":
    run(main, name="site")
