"""What the pages name exists: commands and their options, links, pictures, the network's layers.

`make lint` checks the generated tables.
"""

import re
import shlex
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import dvc.cli.parser
import pytest
from markdown_it import MarkdownIt

from benchmarks import tables
from digits.network.model import build
from digits.params import read_params
from tests.project import ROOT

FILES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "models/README.md"]
FILES += sorted((ROOT / "docs").glob("*.md"))
every_page = pytest.mark.parametrize("page", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def tokens(page):
    """Parse a page: all its tokens, those within lines too."""
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        yield token
        yield from token.children or []


def commands(page):
    """List the commands of a page, in lines or blocks, each as its program and arguments."""
    lines = []
    for token in tokens(page):
        if token.type == "code_inline" or token.info == "sh":
            lines += token.content.splitlines()
        elif token.info == "console":
            lines += re.findall(r"^\$ (.*)", token.content, re.M)
    for line in lines:
        for command in line.split(" && "):
            if re.match(r"(\S*/)?(make|python|dvc) ", command):
                program, *arguments = shlex.split(command, comments=True)
                yield Path(program).name, arguments


def anchors(page):
    """List the anchors of a page's headings, by GitHub's rules."""
    found = list(tokens(page))
    return [
        re.sub(r"[^\w\- ]", "", inner.content.lower()).replace(" ", "-")
        for token, inner in zip(found, found[1:], strict=False)
        if token.type == "heading_open"
    ]


def check_make(target, *variables):
    """Check that a target, and variables as NAME=VALUE, are in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^([\w -]+ )?{target}( [\w -]+)?:", makefile, re.M), target
    for variable in variables:
        assert f"$({variable.partition('=')[0]})" in makefile, variable


def check_python(option, module, *arguments):
    """Check that a module can be started by `python -m`, and that it names the options."""
    assert option == "-m"
    found = find_spec(module)
    if found.submodule_search_locations:
        found = find_spec(f"{module}.__main__")
    source = Path(found.origin).read_text(encoding="utf-8")
    for argument in arguments:
        assert not argument.startswith("-") or f'"{argument}"' in source, argument


def check_dvc(*arguments):
    """Check that DVC takes the arguments."""
    dvc.cli.parser.get_main_parser().parse_args(arguments)


CHECKS = {"make": check_make, "python": check_python, "dvc": check_dvc}


@every_page
def test_commands(page):
    """Every make target, program and command of DVC on a page exists, and so do its options."""
    for program, arguments in commands(page):
        CHECKS[program](*arguments)
        for name in arguments:
            assert not name.startswith(("tests/", "experiments/")) or (ROOT / name).exists(), name


@pytest.mark.parametrize(
    "command",
    ["make all", "make app HOST=x", "python -m digits.absent", "python -m digits.predict --best"]
    + ["dvc rerun", "dvc push --fast"],
)
def test_commands_that_do_not_exist(tmp_path, command):
    """A target, variable, program, command or option that is not there is found, in any form."""
    for number, form in enumerate(["`{}`", "```sh\nls && {} # so\n```", "```console\n$ {}\n```"]):
        page = tmp_path / f"{number}.md"
        page.write_text(form.format(command))
        with pytest.raises((AssertionError, AttributeError, dvc.cli.parser.DvcParserError)):
            test_commands(page)


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
