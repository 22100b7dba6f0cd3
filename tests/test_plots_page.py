"""The page of ``dvc plots show`` and ``dvc plots diff``, as a browser draws it."""

from io import StringIO

import pandas as pd
import pytest

from tests.browser import browser_is_installed, visited
from tests.project import PLOTS

CHARTS = {  # title: titles of both axes
    "Accuracy by epoch": ["epoch", "accuracy"],
    "Loss by epoch": ["epoch", "divergence from the smoothed labels (nats)"],
    "Confusion matrix": ["predicted digit", "actual digit"],
}
CURVES = {"Accuracy by epoch": "accuracy", "Loss by epoch": "loss"}  # title: column
# Page: what it calls each revision, and the commit that has its tables (None: not committed).
REVISIONS = {"show": {"workspace": "HEAD"}, "diff": {"workspace": None, "HEAD": "HEAD"}}
VALIDATION_IMAGES = 200

pytestmark = browser_is_installed

# Vega names its groups of elements by role, and describes each mark to screen readers: "epoch: 1;
# accuracy: 90%; images: training; revision: HEAD".
READ_CHARTS = """() => [...document.querySelectorAll("svg.marks")].map((svg) => {
    const all = (selector, root = svg) => [...root.querySelectorAll(selector)];
    const texts = (selector, root = svg) => all(selector, root).map((e) => e.textContent);
    const frame = svg.getBoundingClientRect();
    const mark = (element) => {
        const box = element.getBoundingClientRect();
        return {
            is: element.getAttribute("aria-label"),
            text: element.textContent,
            seen: box.width > 0 && box.height > 0 && box.left >= frame.left - 1
                && box.right <= frame.right + 1 && box.top >= frame.top - 1
                && box.bottom <= frame.bottom + 1,
        };
    };
    const marks = (kind, root = svg) => all(`.mark-${kind}.role-mark > *`, root).map(mark);
    const byPosition = (elements) => elements.sort(
        (a, b) => a.getBoundingClientRect().left - b.getBoundingClientRect().left);
    const headers = byPosition(all(".role-column-header .role-title-text text"));
    return {
        title: texts(".role-title-text").filter((t) => !headers.some((h) => h.textContent == t)),
        axes: [...new Set(texts(".role-axis-title"))],
        legends: Object.fromEntries(all(".role-legend").map((legend) => [
            texts(".role-legend-title", legend)[0], texts(".role-legend-label text", legend)])),
        lines: marks("line"),
        points: marks("symbol"),
        headers: headers.map((h) => h.textContent),
        matrices: byPosition(all(".role-scope.cell > g")).map(
            (cell) => ({cells: marks("rect", cell), counts: marks("text", cell)})),
    };
})"""
READ_PICTURES = """() => [...document.images].map((image) => ({
    revision: image.previousElementSibling.textContent,
    name: image.parentElement.parentElement.firstElementChild.textContent,
    width: image.naturalWidth,
}))"""


@pytest.fixture(scope="module")
def project(finished, tmp_path_factory):
    """Copy the finished project."""
    return finished.copy(tmp_path_factory.mktemp("plots") / "a clone")


@pytest.fixture(scope="module", params=list(REVISIONS))
def kind(project, request):
    """Make the page and give its name: show, of the workspace, or diff, of that and HEAD."""
    if request.param == "diff":  # from results that are not committed: an epoch more, other errors
        history = table(project, None, "history.csv")
        last = history.tail(1) * 0.9
        last["epoch"] = len(history) + 1
        pd.concat([history, last]).to_csv(project.folder / "plots/history.csv", index=False)
        predictions = table(project, None, "predictions.csv")
        predictions.loc[:20, "predicted"] = (predictions.loc[:20, "actual"] + 1) % 10
        predictions.to_csv(project.folder / "plots/predictions.csv", index=False)
    revisions = ["HEAD"] if request.param == "diff" else []
    project.run("dvc", "plots", request.param, *revisions, "--out", request.param)
    return request.param


@pytest.fixture(scope="module")
def page(kind, project, browser):
    """Open a page without a network; the fixture is what is seen there."""
    url = (project.folder / kind / "index.html").as_uri()
    with visited(browser, url, root="file:") as (page, errors):
        return {
            "errors": errors,
            "charts": page.evaluate(READ_CHARTS),
            "pictures": page.evaluate(READ_PICTURES),
        }


def chart(page, title):
    """Find the one chart with this title."""
    (found,) = (chart for chart in page["charts"] if title in chart["title"])
    return found


def table(project, commit, name):
    """Read a table of plots/ as it is in a commit, or on disk."""
    if commit is None:
        return pd.read_csv(project.folder / "plots" / name)
    return pd.read_csv(StringIO(project.run("git", "show", f"{commit}:plots/{name}")))


def labels(marks):
    """Turn what the marks say they are into dicts, and check that each is visible."""
    assert all(mark["seen"] for mark in marks), marks
    return [dict(part.split(": ") for part in mark["is"].split("; ")) for mark in marks]


def number(text):
    """Read a number as Vega writes it, per cent or not."""
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def test_no_errors(page):
    """The page draws without an error, and without a network: Vega's scripts are in it."""
    assert page["errors"] == []


def test_each_chart_once(page):
    """There are the three charts, each once, with its title and those of its axes."""
    assert [chart["title"] for chart in page["charts"]] == [[title] for title in CHARTS]
    for title, axes in CHARTS.items():
        assert sorted(chart(page, title)["axes"]) == sorted(axes)


@pytest.mark.parametrize("title", CURVES)
def test_curves_show_the_history(page, project, kind, title):
    """There is one point for each epoch, kind of images and revision, with the table's value."""
    column = CURVES[title]
    expected = {}
    for revision, commit in REVISIONS[kind].items():
        for row in table(project, commit, "history.csv").to_dict("records"):
            expected["training", revision, str(row["epoch"])] = row[column]
            expected["validation", revision, str(row["epoch"])] = row[f"val_{column}"]
    _, y = CHARTS[title]
    points = labels(chart(page, title)["points"])
    drawn = {(p["images"], p["revision"], p["epoch"]): number(p[y]) for p in points}
    assert len(points) == len(expected) == {"show": 2 * 3, "diff": 2 * (3 + 4)}[kind]
    assert drawn == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("title", CURVES)
def test_curves_have_a_line_and_a_legend(page, kind, title):
    """Each kind of images has its line in each revision, and the legends name both."""
    seen = chart(page, title)
    series = {(line["images"], line["revision"]) for line in labels(seen["lines"])}
    assert len(series) == len(seen["lines"])
    assert series == {(i, r) for i in ("training", "validation") for r in REVISIONS[kind]}
    assert seen["legends"] == {
        "images": ["training", "validation"], "revision": list(REVISIONS[kind]),
    }  # fmt: skip


def test_confusion_matrix_counts_the_predictions(page, project, kind):
    """Each revision has its matrix under its name: ten diagonal cells, and every image counted."""
    seen = chart(page, "Confusion matrix")
    assert seen["headers"] == list(REVISIONS[kind])
    for commit, matrix in zip(REVISIONS[kind].values(), seen["matrices"], strict=True):
        predictions = table(project, commit, "predictions.csv")
        expected = predictions.groupby(["actual", "predicted"]).size().to_dict()
        cells = [digits(label) for label in labels(matrix["cells"])]
        assert sorted(cells) == sorted(expected)
        assert sum(actual == predicted for actual, predicted in cells) == 10
        places = [digits(label) for label in labels(matrix["counts"])]
        counts = [int(count["text"]) for count in matrix["counts"]]
        assert dict(zip(places, counts, strict=True)) == expected
        assert sum(counts) == VALIDATION_IMAGES


def digits(label):
    """Tell which cell of the matrix a mark belongs to: actual and predicted digit."""
    return int(label["actual digit"]), int(label["predicted digit"])


def test_pictures_are_loaded(page, kind):
    """Each picture is there once for each revision, and its file is found and drawn."""
    seen = [(picture["name"], picture["revision"]) for picture in page["pictures"]]
    assert sorted(seen) == sorted(
        (name, revision) for name in PLOTS for revision in REVISIONS[kind]
    )
    assert all(picture["width"] > 0 for picture in page["pictures"]), page["pictures"]
