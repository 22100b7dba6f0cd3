"""What the pages name exists: make targets, programs, links, pictures, the network's layers.

`make lint` checks the generated tables.
"""

import re
import subprocess
import sys
from importlib.util import find_spec
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt

from benchmarks import tables
from digits.network.model import build
from digits.params import read_params
from tests.project import ROOT
from tools.site import anchor

FILES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "models/README.md"]
FILES += sorted((ROOT / "docs").glob("*.md"))
every_page = pytest.mark.parametrize("page", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def tokens(page):
    """Parse a page: all its tokens, those within lines too."""
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        yield token
        yield from token.children or []


def code(page):
    """Give all code of a page, blocks and spans."""
    return "\n".join(t.content for t in tokens(page) if t.type in ("fence", "code_inline"))


def anchors(page):
    """List the anchors of a page's headings."""
    found = list(tokens(page))
    return [
        anchor(inner.content)
        for token, inner in zip(found, found[1:], strict=False)
        if token.type == "heading_open"
    ]


@every_page
def test_make_targets(page):
    """Every make target that a page names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake (\w+)", code(page)):
        assert re.search(rf"^[\w ]*\b{target}\b[\w ]*:", makefile, re.M), target


@every_page
def test_programs(page):
    """Every program that a page starts by `python -m` is there and can be started so."""
    for name in re.findall(r"python -m ([\w.]+)", code(page)):
        found = find_spec(name)
        assert found, name
        assert not found.submodule_search_locations or find_spec(f"{name}.__main__"), name


@every_page
def test_links_and_pictures(page):
    """Every relative link leads to a file, and to a heading that is there; pictures exist."""
    for token in tokens(page):
        link = urlsplit(token.attrs.get("href") or token.attrs.get("src") or "")
        if not link.scheme and (link.path or link.fragment):
            target = page.parent / link.path if link.path else page
            assert target.exists(), link.geturl()
            assert not link.fragment or link.fragment in anchors(target), link.geturl()


def test_layers():
    """The table of layers, made without TensorFlow, is that of the Keras model."""
    model = build(read_params(ROOT / "params.yaml").network, image_size=(28, 28), seed=0)
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in tables.layers().splitlines()
    ]
    shown = {row[0]: row[2:] for row in rows[3:] if len(row) == 4}
    expected = {
        layer.name: [
            " × ".join(map(str, layer.output.shape[1:])), f"{layer.count_params():,}",
        ]
        for layer in model.layers
    }  # fmt: skip
    assert shown == expected | {"total": ["", f"{model.count_params():,}"]}


def test_tables_need_few_packages():
    """`make lint`, whose environment has no TensorFlow or SciPy, can import the tables."""
    heavy = ["tensorflow", "keras", "scipy", "sklearn", "pydantic", "matplotlib", "tabulate"]
    program = f"import sys, benchmarks.tables; sys.exit(bool(sys.modules.keys() & {heavy}))"
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
