"""``python -m digits.review`` in a real repository with the real dvc."""

import re
import sys

import pandas as pd
import pytest

from tests.project import Project


@pytest.fixture(scope="module")
def base_project(tmp_path_factory):
    """Run the pipeline, commit its results, and a table of seeds that fits them."""
    project = Project(tmp_path_factory.mktemp("review") / "a clone", train=400, test=200)
    project.change(train={"epochs": 3}, fetch={"mirrors": [str(project.folder.parent / "mirror")]})
    project.run("dvc", "repro")
    write_seeds(project, images=200, errors=[2, 4, 6])
    project.commit("base")
    return project


@pytest.fixture
def project(base_project, tmp_path):
    """Copy the project."""
    return base_project.copy(tmp_path / "a clone")


def write_seeds(project, *, images, errors):
    """Write a table as benchmarks/seeds.py does."""
    (project.folder / "benchmarks").mkdir(exist_ok=True)
    rows = {"seed": range(len(errors)), "images": images, "errors": errors}
    pd.DataFrame(rows).to_csv(project.folder / "benchmarks/seeds.csv", index=False)


def review(project, *arguments, fails=False):
    """Run the review; return what it prints."""
    return project.run(sys.executable, "-m", "digits.review", *arguments, fails=fails)


def test_another_seed_is_not_distinguishable(project):
    """Two runs that differ by the seed only are not told apart."""
    project.change(train={"seed": 1})
    project.run("dvc", "repro")
    project.commit("another seed")
    output = review(project, "HEAD~1")
    assert "**Not distinguishable**" in output
    assert re.search(r"\| params.yaml \| train.seed \| 0 +\| 1 +\|", output)
    assert "With what is not committed" not in output


def test_real_difference(project):
    """A network that is hardly trained is worse, with a small p, and the picture shows where."""
    project.change(train={"epochs": 1, "learning_rate": 0.0001})
    project.run("dvc", "repro")
    output = review(project, "main")
    assert "The change is **worse**" in output
    assert float(re.search(r"\(p = ([\d.e-]+)\)", output)[1]) < 1e-3
    assert "With what is not committed: " in output
    assert "`metrics.json`" in output
    assert re.search(r"\| metrics.json \| errors ", output)
    assert re.search(r"Worsened most: \d read as \d: \d+ → \d+", output)
    assert (project.folder / "review.png").stat().st_size > 10_000


def test_identical(project):
    """Nothing changed: it says so."""
    output = review(project, "HEAD")
    assert "**Identical**" in output
    assert output.count("No change.") == 2


def test_clone_without_data(project):
    """A clone without cache and data gives the same words, and says why there is no picture."""
    clone = project.folder.parent / "clone"
    project.run("git", "clone", "--quiet", str(project.folder), str(clone))
    project.folder = clone
    output = review(project, "HEAD")
    assert "**Identical**" in output
    assert "review: no review.png: data/prepared/validation_images.npy: no such file" in output


def test_another_validation_set(project):
    """Other images: no test is made, and the first words say why."""
    project.change(prepare={"validation": "holdout", "holdout_size": 100})
    project.run("dvc", "repro")
    output = review(project, "HEAD")
    assert "**Not the same validation images** (200 and 100)" in output
    assert "distinguishable" not in output


def test_another_machine(project):
    """Results made on another machine are named before the verdict."""
    path = project.folder / "models/environment.json"
    path.write_text(path.read_text().replace('"threads": ', '"threads": 1'), encoding="utf-8")
    output = review(project, "HEAD")
    assert output.index("**Not the same machine**") < output.index("**Identical**")
    assert "- threads: " in output


def test_seeds_of_another_validation_set_are_not_used(project):
    """A table that counts errors in other numbers of images says nothing here."""
    write_seeds(project, images=10_000, errors=[30, 35])
    project.change(train={"epochs": 1, "learning_rate": 0.0001})
    project.run("dvc", "repro")
    assert "how much the seed alone moves is not known here" in review(project, "HEAD")


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("nowhere", "review: nowhere: no such revision; name a branch, a tag or a commit"),
        ("HEAD~1", "review: HEAD~1 has no plots/predictions.csv; run dvc repro there"),
        ("--upload-pack=x", "error: the following arguments are required: revision"),
    ],
)
def test_wrong_revision(project, revision, says):
    """One line says what is wrong with the revision."""
    output = review(project, revision, fails=True)
    assert says in output
    assert "Traceback" not in output
