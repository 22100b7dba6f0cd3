"""``python -m digits.review`` in a real repository with the real dvc."""

import re
import shutil
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


def review(project, *arguments, **options):
    """Run the review; return what it prints."""
    return project.run(sys.executable, "-m", "digits.review", *arguments, **options)


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


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}, "git config --global --add safe.directory"),
        ({"GIT_DIR": "nowhere"}, "not a git repository: 'nowhere'; a download has no history"),
    ],
    ids=["another owner", "no repository"],
)
def test_reason_of_git(project, variables, says):
    """What Git will not do is said in its own words, with what it says would help."""
    output = review(project, "HEAD", fails=True, variables=variables)
    assert output.startswith("review: git rev-parse: fatal: ")
    assert says in output
    assert len(output.splitlines()) == 1


def test_unresolved_merge(project):
    """Files in conflict are named, not compared."""
    for branch, seed in (("one", 1), ("two", 2)):
        project.run("git", "checkout", "--quiet", "-b", branch, "main")
        for name in ("plots/predictions.csv", "metrics.json"):
            text = f"changed on {branch}\n" + project.read(name).decode()
            (project.folder / name).write_text(text, encoding="utf-8")
        project.commit(f"branch {branch}, {seed}")
    project.run("git", "merge", "one", fails=True)
    output = review(project, "main", fails=True)
    assert output.startswith(
        "review: a merge is unresolved: metrics.json, plots/predictions.csv; take either side"
    )
    project.run("git", "add", "--all")  # markers and all
    output = review(project, "main", fails=True)
    assert output == (
        "review: plots/predictions.csv of the working tree is not a table of predictions\n"
    )


def test_folder_of_a_larger_repository(project, tmp_path):
    """A project that is one folder of a repository is reviewed, and reproduced, as any."""
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
    assert "With what is not committed: `notes.txt`." in output
    output = project.run(sys.executable, "-m", "digits.review.verify")
    assert "verify: every output has the committed bytes" in output


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
        {"MPLBACKEND": "module://matplotlib_inline.backend_inline"},
        {"GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_PREFIX": ""},
    ],
    ids=["latin-1", "ascii", "notebook", "hook"],
)
def test_terminal_notebook_and_hook(project, variables):
    """Where → cannot be written, a screen is not to be had, or Git calls: the review is whole."""
    project.change(train={"epochs": 1, "learning_rate": 0.0001})
    project.run("dvc", "repro")
    output = review(project, "main", variables=variables)
    assert "The change is **worse**" in output
    assert re.search(r"Worsened most: \d read as \d: \d+ (→|\\u2192) \d+", output)


def test_verify_in_a_hook(project):
    """The scratch clone has a repository of its own, whatever Git says to a hook of this one."""
    before = project.run("git", "status", "--porcelain"), project.run("git", "rev-parse", "HEAD")
    variables = {"GIT_DIR": ".git", "GIT_WORK_TREE": ".", "GIT_INDEX_FILE": ".git/index"}
    output = project.run(sys.executable, "-m", "digits.review.verify", variables=variables)
    assert "verify: every output has the committed bytes" in output
    after = project.run("git", "status", "--porcelain"), project.run("git", "rev-parse", "HEAD")
    assert after == before


@pytest.mark.parametrize(
    ("line", "says"),
    [("model: {depth: 3}", "model (holds {'depth': 3})"), ("train: {}", "the key train is given")],
)
def test_settings_that_no_stage_has_read(project, line, says):
    """A section too many, or given twice, is refused though all results are up to date."""
    with (project.folder / "params.yaml").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    output = review(project, "HEAD", fails=True)
    assert output.startswith("review: params.yaml")
    assert says in output
