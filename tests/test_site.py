"""The site of ``make site``, in a browser that reaches no other network."""

import re
import shutil
import sys
from urllib.parse import urldefrag

import pytest

from tests.browser import browser_is_installed, started, visited
from tests.project import PLOTS, ROOT, Project
from tests.web import served

CARD = "models/README.md"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURES = re.findall(r"!\[[^]]*\]\(\./([^)]+)\)", README)
COPIED = [
    "README.md",
    "CONTRIBUTING.md",
    "LICENSE",
    CARD,
    "docs",
    "tools",
    "experiments",
    "benchmarks",
]
PAGES = {
    "Overview": "index.html", "Charts": "charts/index.html", "Model card": "models/index.html",
    "Contributing": "CONTRIBUTING.html",
}  # fmt: skip
PAGES |= {
    path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# "): f"docs/{path.stem}.html"
    for path in (ROOT / "docs").glob("*.md")
}
CHARTS = ["Accuracy by epoch", "Loss by epoch", "Confusion matrix"]
READ_LINKS = "() => [...document.links].map((link) => link.href)"
READ_PICTURES = """() => [...document.images].map((image) => [
    decodeURI(image.src), image.complete && image.naturalWidth > 0])"""
READ_CHARTS = """() => [...document.querySelectorAll("svg.marks")].map((svg) => [
    [...svg.querySelectorAll(".role-title-text")].find(
        (title) => !title.closest(".role-column-header")).textContent,
    svg.querySelectorAll(".role-mark > *").length > 0])"""
MAKE = [sys.executable, "-m", "tools.site"]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Run the pipeline, and make the site."""
    folder = tmp_path_factory.mktemp("site") / "a clone"
    project = Project.with_results(folder, epochs=2, train=300, test=200)
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, folder / name)
    project.commit("pages")
    assert project.run(*MAKE) == "site: site/index.html\n"
    return project


@pytest.fixture(scope="module")
def address(project):
    """Serve the site."""
    with served(project.folder / "site") as address:
        yield address


@pytest.fixture(scope="module")
def seen(address):
    """Visit each page once, and read what a visitor sees there."""
    found = {}
    with started() as browser:
        for title, path in PAGES.items():
            url = f"{address}/{path}"
            with visited(browser, url, root=address, viewport={"width": 390, "height": 844}) as (
                page,
                errors,
            ):
                found[title] = {
                    "errors": errors,
                    "links": page.evaluate(READ_LINKS),
                    "ids": page.evaluate(
                        "() => [...document.querySelectorAll('[id]')].map((e) => e.id)"
                    ),
                    "pictures": page.evaluate(READ_PICTURES),
                    "charts": page.evaluate(READ_CHARTS),
                    "width": page.evaluate("() => document.documentElement.scrollWidth"),
                    "text": page.inner_text("body"),
                }
    return found


@browser_is_installed
@pytest.mark.parametrize("title", PAGES)
def test_pages(seen, title):
    """A page asks for nothing from elsewhere, shows its pictures, and fits on a phone."""
    page = seen[title]
    assert page["errors"] == []
    assert all(loaded for _, loaded in page["pictures"]), page["pictures"]
    assert page["width"] == 390


@browser_is_installed
def test_charts(seen):
    """Every chart of `dvc plots show` is drawn, and every picture of it is there."""
    assert seen["Charts"]["charts"] == [[title, True] for title in CHARTS]
    assert len(seen["Charts"]["pictures"]) == len(PLOTS)


@browser_is_installed
def test_overview(seen, address):
    """The first page is the README: its table of metrics, and every picture."""
    assert "roc_auc" in seen["Overview"]["text"]
    shown = [url.removeprefix(f"{address}/") for url, _ in seen["Overview"]["pictures"]]
    assert shown == PICTURES


def test_markers_are_left_out(project):
    """The comments that mark generated tables are in no page."""
    for title, path in PAGES.items():
        assert title == "Charts" or "[[[" not in project.read(f"site/{path}").decode(), path


@browser_is_installed
def test_links(seen, address, project):
    """Each link within the site leads to a page or file, and to a heading that is there."""
    by_url = {f"{address}/{path}": title for title, path in PAGES.items()}
    for title, page in seen.items():
        inner = [link for link in page["links"] if link.startswith(address)]
        assert set(by_url) - {f"{address}/{PAGES[title]}"} <= {
            urldefrag(link).url for link in inner
        }
        for link in inner:
            url, heading = urldefrag(link)
            assert (project.folder / "site" / url.removeprefix(f"{address}/")).is_file(), link
            assert not heading or heading in seen[by_url[url]]["ids"], link


def test_store(project, address, tmp_path):
    """A clone pulls all results from the site."""
    clone = project.clone(tmp_path / "clone")
    clone.run("dvc", "remote", "add", "--default", "store", f"{address}/store")
    clone.run("dvc", "pull")
    assert clone.repro() == []


def files(folder):
    """Read all files of a folder: a dict from the name to the bytes."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_again(project, tmp_path):
    """Made again, the site is the same, byte for byte; what was there and is no part of it goes."""
    twin = project.copy(tmp_path / "clone")
    before = files(twin.folder / "site")
    (twin.folder / "site/old.html").touch()
    twin.run(*MAKE)
    assert files(twin.folder / "site") == before
    assert twin.run("git", "status", "--porcelain") == ""


def test_broken_link(project, tmp_path):
    """A link to nowhere is one line, and the last good site stays."""
    twin = project.copy(tmp_path / "clone")
    (twin.folder / "README.md").write_text("# Title\n\n[this](./missing.md)\n")
    before = files(twin.folder / "site")
    output = twin.run(*MAKE, fails=True)
    assert output == "site: README.md links to ./missing.md, and there is no such file\n"
    assert files(twin.folder / "site") == before
    assert not list(twin.folder.glob(".partial-*"))


def test_missing_chart(project, tmp_path):
    """A chart that DVC leaves out, without an error of its own, is one line."""
    twin = project.copy(tmp_path / "clone")
    (twin.folder / "plots/history.csv").unlink()
    output = twin.run(*MAKE, fails=True)
    assert output.startswith("site: dvc plots show: ")
    assert output.endswith("No such file or directory: 'plots/history.csv'\n")


@pytest.mark.parametrize("there", [True, False])
def test_model_card(project, tmp_path, there):
    """The model card is a page that the others link to; a project without one has no such page."""
    twin = project.copy(tmp_path / "clone")
    card = twin.folder / CARD
    if there:
        card.write_text("# What it is\n\n[Results](../README.md#results)\n", encoding="utf-8")
    else:
        card.unlink(missing_ok=True)
    twin.run(*MAKE)
    link = '<a href="models/index.html">What it is</a>'
    assert (link in twin.read("site/index.html").decode()) == there
    page = twin.folder / "site/models/index.html"
    assert page.exists() == there
    if there:
        text = page.read_text(encoding="utf-8")
        assert '<h1 id="what-it-is">' in text
        assert 'href="../index.html#results"' in text


def test_without_results(project, tmp_path):
    """A clone without cache and remote gets the pages, and is told why there is no store."""
    clone = project.clone(tmp_path / "clone")
    output = clone.run(*MAKE)
    assert "site: no store: DVC's cache lacks data/raw, data/prepared, models/mnist" in output
    made = files(clone.folder / "site")
    kept = files(project.folder / "site").items()
    assert made == {name: data for name, data in kept if not name.startswith("store/")}


def test_results_of_the_remote(project, tmp_path):
    """What the cache lacks comes from the project's remote; a remote that lacks it is an error."""
    store = str(tmp_path / "remote")
    clone = project.clone(tmp_path / "clone")
    clone.run("dvc", "remote", "add", "--default", "store", store)
    output = clone.run(*MAKE, fails=True)
    assert output.startswith("site: no store: neither cache nor remote gives data/raw, ")
    assert output.count("\n") == 1
    assert not (clone.folder / "site").exists()
    project.run("dvc", "remote", "add", "--local", "store", store)
    project.run("dvc", "push", "--remote", "store")
    clone.run(*MAKE)
    assert files(clone.folder / "site") == files(project.folder / "site")
