"""The site of ``make site``: its files, and its page in a browser that reaches no network."""

import base64
import json
import logging
import re
import shutil
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import yaml
from playwright.sync_api import expect

from digits.errors import UserError
from digits.handwriting.pictures import decode
from digits.handwriting.reading import read
from digits.inference import Recognizer
from tests import npm
from tests.browser import browser_is_installed, visited
from tests.handwriting.test_app import DROP, ONE, ONE_MORE, SEVEN, Hand, png
from tests.project import PLOTS, ROOT
from tests.web import served
from tools import site

# Draws a dot as wide as the brush for each bright pixel of an image in MNIST's form.
DRAW_DOTS = """(values) => {
    const context = document.querySelector("canvas").getContext("2d");
    context.fillStyle = "white";
    context.fillRect(0, 0, 400, 400);
    context.fillStyle = "black";
    context.beginPath();
    values.forEach((value, index) => {
        const [x, y] = [10 + 14 * (index % 28), 10 + 14 * Math.floor(index / 28)];
        if (value > 127) context.moveTo(x, y), context.arc(x, y, 16, 0, 2 * Math.PI);
    });
    context.fill();
}"""
ANSWER = """async () => {
    const {answer} = await import("./answer.js");
    const canvas = document.querySelector("canvas");
    return [await answer(canvas), canvas.toDataURL()];
}"""
FIVE = [
    [(0.3, 0.2), (0.3, 0.45), (0.6, 0.5), (0.65, 0.7), (0.5, 0.85), (0.3, 0.8)],
    [(0.3, 0.2), (0.7, 0.2)],
]
SMALL = [[(0.45, 0.45), (0.55, 0.45), (0.5, 0.6)]]  # enlarged before it is read


@pytest.fixture(scope="module")
def project(finished, tmp_path_factory):
    """Make the site of the finished project as a user does, with the runtime from npm."""
    package = npm.unpack(site.RUNTIME, tmp_path_factory.mktemp("npm") / "runtime")
    project = finished.copy(tmp_path_factory.mktemp("site") / "a clone")
    shutil.copytree(ROOT / "tools", project.folder / "tools")
    project.commit("tools")
    project.run("git", "remote", "add", "origin", "git@example.org:us/digits.git")
    (project.folder / "site").mkdir()
    for name, *_ in site.RUNTIME_FILES:  # as if the site had been made before
        shutil.copy(package / "dist" / name, project.folder / "site")
    said = project.run(sys.executable, "-m", "tools.site")
    assert re.fullmatch(r"site: .*python -m http\.server --directory site .*\n", said)
    assert project.run("git", "status", "--porcelain") == ""
    return project


@pytest.fixture(autouse=True)
def _logging():
    """Undo what the program, which ends after that, does to all logging of its process."""
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def hand(project, browser):
    """Open the page on a phone; at the end, check that it asked for nothing elsewhere."""
    phone = {"width": 390, "height": 844}
    with served(project.folder / "site") as address:
        blank = visited(browser, "about:blank", root=address, viewport=phone)
        with blank as (page, errors):
            hand = Hand(page, SimpleNamespace(url=f"{address}/index.html"))
            page.wait_for_load_state("networkidle")  # the network is loaded
            yield hand
        assert errors == []


def answers(hand, project):
    """Read the canvas as the page does and as `digits.predict` does: probabilities and doubts."""
    answer, picture = hand.page.evaluate(ANSWER)
    content = base64.b64decode(picture.partition(",")[2])
    recognizer = Recognizer(project.folder / "site/mnist.onnx")
    (reading,) = read([("-", partial(decode, content))], recognizer)
    return [(answer["probabilities"], answer["doubt"]), (reading.probabilities, reading.doubt)]


@browser_is_installed
@pytest.mark.parametrize("strokes", [ONE, SEVEN, FIVE, SMALL, [*ONE, *ONE_MORE]])
def test_drawing(hand, project, strokes):
    """A drawing gets the probabilities and the doubt of a picture of it, without a network."""
    hand.page.context.set_offline(True)
    hand.draw(strokes)
    hand.reads(re.compile(r"^\d\??$"))
    (probabilities, doubt), expected = answers(hand, project)
    assert probabilities == pytest.approx(expected[0], abs=0.001)
    assert doubt == expected[1]
    assert hand.page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.slow
@browser_is_installed
def test_many_drawings(hand, project):
    """Of 100 validation images that are drawn, at least 99 are read as pictures of them are."""
    images = np.load(project.folder / "data/prepared/validation_images.npy")[:100]
    same = 0
    for image in images:
        hand.page.evaluate(DRAW_DOTS, image.ravel().tolist())
        (probabilities, _), expected = answers(hand, project)
        same += np.abs(np.subtract(probabilities, expected[0])).max() < 0.02
    assert same >= 99


@browser_is_installed
def test_photo(hand):
    """A photo is refused, with the program that reads it; there is no button for one."""
    assert hand.page.locator("input").count() == 0
    hand.page.evaluate(DROP, ["seven.png", "image/png", list(png(SEVEN))])
    hand.says(re.compile("make app"))


@browser_is_installed
def test_from_disk(project, browser):
    """Opened from disk, where browsers load no network, the page says how to serve it."""
    url = (project.folder / "site/index.html").as_uri()
    with visited(browser, url, root="file:") as (page, _):
        expect(page.locator(".late")).to_be_visible()
        expect(page.locator(".late")).to_contain_text("python -m http.server")


def test_page(project):
    """The page names the accuracy and links to repository, charts and model card; all is there."""
    page = (project.folder / "site/index.html").read_text(encoding="utf-8")
    assert f"{json.loads(project.read('metrics.json'))['accuracy']:.2%}" in page
    assert re.findall('<a href="(.*?)"', page) == [
        "https://example.org/us/digits",
        "charts/index.html",
        "https://example.org/us/digits/blob/HEAD/models/README.md",
    ]
    assert page.index("Content-Security-Policy") < page.index("<link")
    for name in re.findall('(?:src|href)="([^:]*?)"', page):
        assert (project.folder / "site" / name).is_file()


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        (
            "https://user:secret@example.org:8443/us/digits.git/",
            "https://example.org:8443/us/digits",
        ),
        ("http://example.org/digits", "http://example.org/digits"),
        ("ssh://git@example.org:2222/us/digits.git", "https://example.org/us/digits"),
        ("git@example.org:us/digits.git", "https://example.org/us/digits"),
        ("/home/user/digits", None),
        (None, None),
    ],
)
def test_repository(tmp_path, monkeypatch, remote, expected):
    """The repository's address is that of origin, without its password; a folder has none."""
    monkeypatch.chdir(tmp_path)
    site.git("init")
    if remote:
        site.git("remote", "add", "origin", remote)
    assert site.repository() == expected


def test_charts_show_every_picture(project):
    """The charts show what `dvc plots show` does."""
    page = (project.folder / "site/charts/index.html").read_text(encoding="utf-8")
    assert page.count('src="static/') == len(PLOTS)


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
    """A clone's network and store come from its remote; without network, the last site stays.

    The site is the same, byte for byte; what was there and is no part of it goes.
    """
    clone = project.clone(tmp_path / "clone").folder
    monkeypatch.chdir(clone)
    monkeypatch.setattr(site, "write_charts", lambda _: None)
    monkeypatch.setattr(site, "repository", lambda: "https://example.org/us/digits")
    expected = files(project.folder / "site")
    pages = {name: data for name, data in expected.items() if not name.startswith("store/")}
    shutil.copytree(project.folder / "site", clone / "site", ignore=lambda *_: ["store", "charts"])
    (clone / "site/old.html").touch()
    with pytest.raises(UserError, match=r"^models/mnist\.onnx: .*make repro.*\Z"):
        site.main()
    assert files(clone / "site") == pages | {"old.html": b""}
    shutil.copy(project.folder / "models/mnist.onnx", clone / "models")
    site.main()
    assert "cache lacks data/raw, data/prepared, models/mnist" in capsys.readouterr().err
    assert files(clone / "site") == pages
    (clone / "models/mnist.onnx").unlink()

    def use(remote):
        text = f"[core]\nremote = store\n['remote \"store\"']\nurl = {remote}\n"
        (clone / ".dvc/config.local").write_text(text)

    use(tmp_path / "empty")
    with pytest.raises(UserError, match=r"^no store: .*remote gives data/raw, .*\Z"):
        site.main()
    use(project.folder / "site/store")
    site.main()
    assert files(clone / "site") == expected


@pytest.mark.slow
def test_missing_chart(project, tmp_path, monkeypatch):
    """A chart that DVC leaves out, without an error of its own, is one line."""
    monkeypatch.chdir(project.copy(tmp_path / "clone").folder)
    (tmp_path / "clone/plots/history.csv").unlink()
    with pytest.raises(UserError, match=r"^dvc plots show: .*'plots/history.csv'\Z"):
        site.write_charts(tmp_path)
