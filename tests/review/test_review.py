"""``python -m digits.review`` in a real repository, with the real DVC."""

import re
import shutil
import sys

import pandas as pd
import pytest

from tests.project import Project


@pytest.fixture(scope="module")
def base_project(tmp_path_factory):
    """Run the pipeline; commit its results and a matching table of seeds."""
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
    """Write a table of seeds like that of benchmarks/seeds.py."""
    path = project.folder / "benchmarks/results/seeds.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {"seed": range(len(errors)), "images": images, "errors": errors}
    pd.DataFrame(rows).to_csv(path, index=False)


def review(project, *arguments, **options):
    """Run the review and return its output."""
    return project.run(sys.executable, "-m", "digits.review", *arguments, **options)


def test_another_seed_is_not_distinguishable(project):
    """Two runs that differ only in the seed are not distinguishable."""
    project.change(train={"seed": 1})
    project.run("dvc", "repro")
    project.commit("another seed")
    output = review(project, "HEAD~1")
    assert "**Not distinguishable**" in output
    assert re.search(r"\| params.yaml \| train.seed \| 0 +\| 1 +\|", output)
    assert "uncommitted" not in output


def test_real_difference(project):
    """A network that is hardly trained is worse, with a small p-value and a figure."""
    project.change(train={"epochs": 1, "learning_rate": 0.0001})
    project.run("dvc", "repro")
    output = review(project, "main")
    assert "The change is **worse**" in output
    assert float(re.search(r"\(p = ([\d.e-]+)\)", output)[1]) < 1e-3
    assert "uncommitted" in output
    assert "`metrics.json`" in output
    assert re.search(r"\| metrics.json \| errors ", output)
    assert re.search(r"Most worsened: \d predicted as \d: \d+ → \d+", output)
    assert (project.folder / "review.png").stat().st_size > 10_000


def test_identical(project):
    """Without a change, the results are identical."""
    output = review(project, "HEAD")
    assert "**Identical**" in output
    assert output.count("No change.") == 2


def test_clone_without_data(project):
    """A clone without cache and data gives the same review, without the figure."""
    clone = project.folder.parent / "clone"
    project.run("git", "clone", "--quiet", str(project.folder), str(clone))
    project.folder = clone
    output = review(project, "HEAD")
    assert "**Identical**" in output
    assert "review: no review.png: data/prepared/validation_images.npy: no such file" in output


def test_another_validation_set(project):
    """If the validation images differ, there is no significance test."""
    project.change(prepare={"validation": "holdout", "holdout_size": 100})
    project.run("dvc", "repro")
    output = review(project, "HEAD")
    assert "**Not the same validation images** (200 and 100)" in output
    assert "distinguishable" not in output


def test_another_machine(project):
    """Differences between the machines are listed before the verdict."""
    path = project.folder / "models/environment.json"
    path.write_text(path.read_text().replace('"threads": ', '"threads": 1'), encoding="utf-8")
    output = review(project, "HEAD")
    assert output.index("**Not the same machine**") < output.index("**Identical**")
    assert "- threads: " in output


def test_seeds_of_another_validation_set_are_not_used(project):
    """A table of seeds for another number of images is ignored."""
    write_seeds(project, images=10_000, errors=[30, 35])
    project.change(train={"epochs": 1, "learning_rate": 0.0001})
    project.run("dvc", "repro")
    assert "seed-to-seed variation on these images is not measured" in review(project, "HEAD")


@pytest.mark.parametrize(
    ("revision", "says"),
    [
        ("nowhere", "review: nowhere: no such revision"),
        ("HEAD~1", "review: HEAD~1 has no plots/predictions.csv; run dvc repro there"),
        ("--upload-pack=x", "error: the following arguments are required: revision"),
    ],
)
def test_wrong_revision(project, revision, says):
    """A wrong revision is an error without a traceback."""
    output = review(project, revision, fails=True)
    assert says in output
    assert "Traceback" not in output


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}, "git config --global --add safe.directory"),
        ({"GIT_DIR": "nowhere"}, "not a git repository: 'nowhere'; clone the repository"),
    ],
    ids=["another owner", "no repository"],
)
def test_error_of_git(project, variables, says):
    """An error of Git is shown in its own words, in one line."""
    output = review(project, "HEAD", fails=True, variables=variables)
    assert output.startswith("review: git rev-parse: fatal: ")
    assert says in output
    assert len(output.splitlines()) == 1


def test_unresolved_merge(project):
    """Files with merge conflicts are listed, not compared."""
    for branch, seed in (("one", 1), ("two", 2)):
        project.run("git", "checkout", "--quiet", "-b", branch, "main")
        for name in ("plots/predictions.csv", "metrics.json"):
            text = f"changed on {branch}\n" + project.read(name).decode()
            (project.folder / name).write_text(text, encoding="utf-8")
        project.commit(f"branch {branch}, {seed}")
    project.run("git", "merge", "one", fails=True)
    output = review(project, "main", fails=True)
    assert output.startswith("review: merge conflicts in metrics.json, plots/predictions.csv; ")
    project.run("git", "add", "--all")  # with the conflict markers
    output = review(project, "main", fails=True)
    assert output == (
        "review: plots/predictions.csv of the working tree is not a table of predictions\n"
    )


def test_folder_of_a_larger_repository(project, tmp_path):
    """A project in a subfolder of a repository is reviewed and verified like any other."""
    larger = tmp_path / "larger"
    project.run("git", "init", "--quiet", str(larger))
    shutil.rmtree(project.folder / ".git")
    project.folder.rename(larger / "digits project")
    project.folder = larger / "digits project"
    project.commit("a part")
    (larger / "elsewhere.txt").write_text("no part of the project")
    (project.folder / "notes.txt").write_text("a part")
    output = review(project, "HEAD")
    assert "**Identical**" in output
    assert "uncommitted changes: `notes.txt`." in output
    output = project.run(sys.executable, "-m", "digits.review.verify")
    assert "every output is identical" in output


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
        {"MPLBACKEND": "tkagg", "DISPLAY": ""},
        {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_PREFIX": ""},
    ],
    ids=["latin-1", "ascii", "no screen", "hook"],
)
def test_terminal_notebook_and_hook(project, variables):
    """The review works in a terminal that is not UTF-8, in a notebook and in a Git hook."""
    project.change(train={"epochs": 1, "learning_rate": 0.0001})
    project.run("dvc", "repro")
    output = review(project, "main", variables=variables)
    assert "The change is **worse**" in output
    assert re.search(r"Most worsened: \d predicted as \d: \d+ (→|\\u2192) \d+", output)


def test_verify_in_a_hook(project):
    """In a Git hook, the clone is a repository of its own and this one is not changed."""
    before = project.run("git", "status", "--porcelain"), project.run("git", "rev-parse", "HEAD")
    variables = {"GIT_DIR": ".git", "GIT_WORK_TREE": ".", "GIT_INDEX_FILE": ".git/index"}
    output = project.run(sys.executable, "-m", "digits.review.verify", variables=variables)
    assert "every output is identical" in output
    after = project.run("git", "status", "--porcelain"), project.run("git", "rev-parse", "HEAD")
    assert after == before


@pytest.mark.parametrize(
    ("line", "says"),
    [("model: {depth: 3}", "model (holds {'depth': 3})"), ("train: {}", "the key train is given")],
)
def test_invalid_settings(project, line, says):
    """An unknown or repeated section is an error even if all results are up to date."""
    with (project.folder / "params.yaml").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    output = review(project, "HEAD", fails=True)
    assert output.startswith("review: params.yaml")
    assert says in output
