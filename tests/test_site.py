"""The site of ``make site``: its files, and what a browser that reaches no network shows."""

import logging
import re
import shutil
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from digits.errors import UserError
from tests.browser import browser_is_installed, started, visited
from tests.project import PLOTS, ROOT
from tests.web import served
from tools import site

CARD = "models/README.md"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PICTURES = re.findall(r"!\[[^]]*\]\(\./([^)]+)\)", README)
COPIED = ["README.md", "CONTRIBUTING.md", "LICENSE", CARD]
COPIED += ["docs", "tools", "experiments", "benchmarks"]
PAGES = {
    "Overview": "index.html", "Charts": "charts/index.html", "Model card": "models/index.html",
    "Contributing": "CONTRIBUTING.html",
}  # fmt: skip
PAGES |= {
    path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# "): f"docs/{path.stem}.html"
    for path in (ROOT / "docs").glob("*.md")
}
every_page = pytest.mark.parametrize("title", PAGES)
CHARTS = ["Accuracy by epoch", "Loss by epoch", "Confusion matrix"]
READ_PICTURES = """() => [...document.images].map((image) => [
    decodeURI(image.src), image.complete && image.naturalWidth > 0])"""
READ_CHARTS = """() => [...document.querySelectorAll("svg.marks")].map((svg) => [
    [...svg.querySelectorAll(".role-title-text")].find(
        (title) => !title.closest(".role-column-header")).textContent,
    svg.querySelectorAll(".role-mark > *").length > 0])"""


@pytest.fixture(scope="module")
def project(finished, tmp_path_factory):
    """Add the pages to the finished project, and make the site as a user does."""
    project = finished.copy(tmp_path_factory.mktemp("site") / "a clone")
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, project.folder / name)
    project.commit("pages")
    assert project.run(sys.executable, "-m", "tools.site") == "site: site/index.html\n"
    assert project.run("git", "status", "--porcelain") == ""
    return project


@pytest.fixture(autouse=True)
def _logging():
    """Undo what the program, which ends after that, does to all logging of its process."""
    yield
    logging.disable(logging.NOTSET)


class Page(HTMLParser):
    """The links, addresses of pictures, and anchors of a page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.pictures, self.anchors = [], [], []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag in ("a", "link") and not attributes["href"].startswith("data:"):
            self.links.append(attributes["href"])
        if tag == "img":
            self.pictures.append(attributes["src"])
        if "id" in attributes:
            self.anchors.append(attributes["id"])


@every_page
def test_links(project, title):
    """Links and pictures lead to a file, and to a heading that is there; all pages are linked."""
    path = project.folder / "site" / PAGES[title]
    page, reached = Page(path), {path}
    for link in page.links + page.pictures:
        parts = urlsplit(link)
        if not parts.scheme:
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), link
            assert not parts.fragment or parts.fragment in Page(target).anchors, link
            reached.add(target)
    assert {project.folder / "site" / name for name in PAGES.values()} <= reached
    assert title == "Charts" or "[[[" not in page.text  # which marks the generated tables


def test_overview(project):
    """The first page is the README: its tables, and every picture."""
    page = Page(project.folder / "site/index.html")
    assert page.pictures == PICTURES
    assert page.text.count("<table>") == sum(map(README.count, ("\n| ---", "\n|---")))


def test_charts_show_every_picture(project):
    """The charts show what `dvc plots show` does."""
    assert len(Page(project.folder / "site/charts/index.html").pictures) == len(PLOTS)


@pytest.mark.slow
@browser_is_installed
def test_in_a_browser(project):
    """No page asks for anything elsewhere; pictures and charts are drawn, and fit on a phone."""
    phone = {"width": 390, "height": 844}
    with served(project.folder / "site") as address, started() as browser:
        for title, path in PAGES.items():
            url = f"{address}/{path}"
            with visited(browser, url, root=address, viewport=phone) as (page, errors):
                pictures, charts = page.evaluate(READ_PICTURES), page.evaluate(READ_CHARTS)
                width = page.evaluate("() => document.documentElement.scrollWidth")
            assert errors == []
            assert all(loaded for _, loaded in pictures), pictures
            assert charts == ([[name, True] for name in CHARTS] if title == "Charts" else [])
            assert width == 390, title


def test_store_holds_the_results(project):
    """The store has a file for each hash of dvc.lock."""
    stages = yaml.safe_load(project.read("dvc.lock"))["stages"].values()
    outs = {out["path"]: out["md5"] for stage in stages for out in stage["outs"]}
    tracked = project.run("git", "ls-files").splitlines()
    for path, md5 in outs.items():
        there = (project.folder / f"site/store/files/md5/{md5[:2]}/{md5[2:]}").is_file()
        assert there == (path not in tracked), path


@pytest.mark.slow
def test_store_is_a_remote(project, tmp_path):
    """A clone pulls all results from the site."""
    clone = project.clone(tmp_path / "clone")
    with served(project.folder / "site") as address:
        clone.run("dvc", "remote", "add", "--default", "store", f"{address}/store")
        clone.run("dvc", "pull")
    assert clone.repro() == []


def files(folder):
    """Read all files of a folder but the charts: a dict from the name to the bytes."""
    found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    return {name: p.read_bytes() for name, p in found.items() if not name.startswith("charts/")}


def test_results_of_a_clone(project, tmp_path, monkeypatch, capsys):
    """A clone's store comes from its remote; it has none without, and must have it all with one.

    The site is the same, byte for byte; what was there and is no part of it goes.
    """
    clone = project.clone(tmp_path / "clone").folder
    monkeypatch.chdir(clone)
    monkeypatch.setattr(site, "write_charts", lambda _: None)
    expected = files(project.folder / "site")
    pages = {name: data for name, data in expected.items() if not name.startswith("store/")}
    site.main()
    assert "cache lacks data/raw, data/prepared, models/mnist" in capsys.readouterr().err
    assert files(clone / "site") == pages
    (clone / "site/old.html").touch()

    def use(remote):
        text = f"[core]\nremote = store\n['remote \"store\"']\nurl = {remote}\n"
        (clone / ".dvc/config.local").write_text(text)

    use(tmp_path / "empty")
    with pytest.raises(UserError, match=r"^no store: .*remote gives data/raw, .*\Z"):
        site.main()
    assert files(clone / "site") == pages | {"old.html": b""}
    use(project.folder / "site/store")
    site.main()
    assert files(clone / "site") == expected


def test_broken_link(tmp_path, monkeypatch):
    """A link to nowhere is one line, and the last good site stays."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text("# Title\n\n[this](./missing.md)\n")
    (tmp_path / "site").mkdir()
    (tmp_path / "site/index.html").write_text("the last one")
    with pytest.raises(UserError, match=r"^README.md links to ./missing.md.*\Z"):
        site.main()
    assert (tmp_path / "site/index.html").read_text() == "the last one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["README.md", "site"]


@pytest.mark.slow
def test_missing_chart(project, tmp_path, monkeypatch):
    """A chart that DVC leaves out, without an error of its own, is one line."""
    monkeypatch.chdir(project.copy(tmp_path / "clone").folder)
    (tmp_path / "clone/plots/history.csv").unlink()
    with pytest.raises(UserError, match=r"^dvc plots show: .*'plots/history.csv'\Z"):
        site.write_charts(tmp_path)


@pytest.mark.parametrize("there", [True, False])
def test_model_card(tmp_path, monkeypatch, there):
    """The model card is a page that the others link to; a project without one has no such page."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text("# Title\n\n## Results\n")
    if there:
        (tmp_path / "models").mkdir()
        (tmp_path / CARD).write_text("# What it is\n\n[Results](../README.md#results)\n")
        site.write_page(CARD, tmp_path)
        text = (tmp_path / "models/index.html").read_text()
        assert '<h1 id="what-it-is">' in text
        assert 'href="../index.html#results"' in text
    site.write_page("README.md", tmp_path)
    link = '<a href="models/index.html">What it is</a>'
    assert (link in (tmp_path / "index.html").read_text()) == there
