"""``python -m digits.review`` in a real repository, with the real DVC."""

import re
import shutil
import sys

import pandas as pd
import pytest
import yaml

from digits.errors import UserError
from digits.review.__main__ import PREDICTIONS, main
from tests.review.conftest import write_seeds


@pytest.fixture
def review(run_in):
    """Return a function that reviews a project in this process and returns the output."""

    def review(project, revision, **options):
        return run_in(project, main, [revision], **options)

    return review


@pytest.fixture
def no_diff(monkeypatch):
    """Leave out the tables of DVC, for tests of other parts: its programs take seconds."""
    monkeypatch.setattr("digits.review.__main__.diff", lambda kind, revision: "")


@pytest.fixture(scope="module")
def worse(base, tmp_path_factory):
    """Train a network of the project hardly at all; the results are not committed."""
    project = base.copy(tmp_path_factory.mktemp("worse") / "a clone")
    project.change(train={"epochs": 1, "learning_rate": 0.0001})
    project.run("dvc", "repro")
    return project


def test_other_shifts_are_not_distinguishable(project, review):
    """Two runs that differ only in the shifted copies are not distinguishable."""
    project.change(evaluate={"shifts": 0})
    project.run("dvc", "repro")
    project.commit("other shifts")
    output = review(project, "HEAD~1")
    assert "**Not distinguishable**" in output
    assert re.search(r"\| params.yaml \| evaluate.shifts \| 1 +\| 0 +\|", output)
    assert "uncommitted" not in output


def test_real_difference(worse, review):
    """A network that is hardly trained is worse, with a small p-value and a figure."""
    output = review(worse, "main")
    assert "The change is **worse**" in output
    assert float(re.search(r"\(p = ([\d.e-]+)\)", output)[1]) < 1e-3
    assert "uncommitted" in output
    assert "`metrics.json`" in output
    assert re.search(r"\| metrics.json \| errors ", output)
    assert re.search(r"\| params.yaml \| train.epochs +\| 3 +\| 1 +\|", output)
    assert re.search(r"Most worsened: \d predicted as \d: \d+ → \d+", output)
    assert (worse.folder / "review.png").stat().st_size > 10_000


def test_terminal_notebook_and_hook(worse):
    """It works in a terminal that is not UTF-8, in a notebook and in a Git hook."""
    variables = {
        "PYTHONIOENCODING": "ascii",
        "MPLBACKEND": "tkagg", "DISPLAY": "",
        "GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index", "GIT_PREFIX": "",
    }  # fmt: skip
    output = worse.run(sys.executable, "-m", "digits.review", "main", variables=variables)
    assert "The change is **worse**" in output
    assert re.search(r"Most worsened: \d predicted as \d: \d+ \\u2192 \d+", output)


@pytest.mark.usefixtures("no_diff")
def test_seeds_of_another_validation_set_are_not_used(worse, review, tmp_path):
    """A table of seeds for another number of images is ignored."""
    project = worse.copy(tmp_path / "a clone")
    write_seeds(project, images=10_000, errors=[30, 35])
    assert "make seeds" in review(project, "HEAD")


def test_identical(project, review):
    """Without a change, the results are identical."""
    output = review(project, "HEAD")
    assert "**Identical**" in output
    assert output.count("No change.") == 2


@pytest.mark.usefixtures("no_diff")
def test_clone_without_data(project, review):
    """A clone without cache and data gives the same review, without the figure."""
    output = review(project.clone(project.folder.parent / "clone"), "HEAD")
    assert "**Identical**" in output
    assert "review: no review.png: data/prepared/validation_images.npy: no such file" in output


@pytest.mark.usefixtures("no_diff")
def test_another_validation_set(project, review):
    """If the validation images differ, there is no significance test."""
    path = project.folder / PREDICTIONS
    pd.read_csv(path).head(100).to_csv(path, index=False)
    project.run("dvc", "commit", "--force")
    output = review(project, "HEAD")
    assert "**Not the same validation images** (200 and 100)" in output
    assert "distinguishable" not in output


@pytest.mark.usefixtures("no_diff")
def test_another_machine(project, review):
    """Differences between the machines are listed before the verdict."""
    path = project.folder / "models/environment.json"
    path.write_text(path.read_text().replace('"threads": ', '"threads": 1'), encoding="utf-8")
    project.run("dvc", "commit", "--force")
    output = review(project, "HEAD")
    assert output.index("**Not the same machine**") < output.index("**Identical**")
    assert "- threads: " in output


def no_verdict(output):
    """Return the lines of a review that name the stages out of date."""
    assert "**No verdict**" in output
    assert "Identical" not in output
    return [line for line in output.splitlines() if line.startswith("- ")]


def test_results_that_were_not_remade(project, review):
    """Without ``dvc repro`` after a change there is no verdict, committed or not, here or there."""
    project.change(train={"epochs": 4})
    assert no_verdict(review(project, "HEAD")) == ["- the working tree: train, export"]
    project.commit("no repro")
    assert no_verdict(review(project, "HEAD~1")) == ["- the working tree: train, export"]
    project.run("git", "checkout", "--quiet", "HEAD~1", ".")
    project.commit("as before")
    assert no_verdict(review(project, "HEAD~1")) == ["- `HEAD~1`: train, export"]


def test_results_that_were_not_remade_in_a_clone_without_data(project, review):
    """What Git tracks is enough to see that only a part of the pipeline was run."""
    lock = yaml.safe_load(project.read("dvc.lock"))
    for out in lock["stages"]["train"]["outs"]:
        out["md5"] = "0" * 32 if out["path"] == "models/mnist.keras" else out["md5"]
    (project.folder / "dvc.lock").write_text(yaml.safe_dump(lock), encoding="utf-8")
    project.commit("dvc repro train")
    clone = project.clone(project.folder.parent / "clone")
    assert no_verdict(review(clone, "HEAD~1")) == ["- the working tree: evaluate, export"]


def test_partial_clone(project, review):
    """A clone whose files Git gets when they are needed is reviewed like any other."""
    project.change(evaluate={"shifts": 0})
    project.run("dvc", "repro")
    project.commit("other shifts")
    project.run("git", "config", "uploadpack.allowFilter", "true")
    clone = project.at(project.folder.parent / "clone")
    source = f"file://{project.folder}"
    project.run("git", "clone", "--quiet", "--filter=blob:none", source, str(clone.folder))
    missing = ("git", "rev-list", "--objects", "--all", "--missing=print")
    assert "\n?" in clone.run(*missing)
    assert "| evaluate.shifts |" in review(clone, "HEAD~1")


def test_dvc_that_does_not_answer(base, review, monkeypatch):
    """DVC is not waited for without end."""
    monkeypatch.setattr("digits.review.dvc.TIMEOUT", 0.1)
    with pytest.raises(UserError, match="^dvc status --json: no answer within 0.1 s$"):
        review(base, "HEAD")


@pytest.mark.usefixtures("no_diff")
def test_experiment(project, review):
    """An experiment is named as in ``dvc metrics diff``."""
    project.run("dvc", "exp", "save", "--name", "wide-net")
    assert "## Review against `wide-net`" in (output := review(project, "wide-net"))
    assert "**Identical**" in output


@pytest.mark.usefixtures("no_diff")
def test_git_in_colours(project, review):
    """Git's colours do not reach the list of files."""
    project.run("git", "config", "color.ui", "always")
    (project.folder / "notes.txt").touch()
    assert "uncommitted changes: `notes.txt`." in review(project, "HEAD")


@pytest.mark.parametrize(
    ("revision", "says"),
    [("nowhere", "nowhere: no such revision"), ("HEAD~2", f"HEAD~2 has no {PREDICTIONS}")],
)
def test_wrong_revision(base, review, revision, says):
    """A revision that does not exist or has no results is an error of one line."""
    with pytest.raises(UserError, match=says) as caught:
        review(base, revision)
    assert "\n" not in str(caught.value)


def test_revision_is_not_an_option(base, review, capsys):
    """A revision that looks like an option of Git does not reach it."""
    with pytest.raises(SystemExit):
        review(base, "--upload-pack=x")
    assert "required: revision" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}, "git config --global --add safe.directory"),
        ({"GIT_DIR": "nowhere"}, "not a git repository: 'nowhere'; clone the repository"),
    ],
    ids=["another owner", "no repository"],
)
def test_error_of_git(base, review, variables, says):
    """An error of Git is shown in its own words, in one line."""
    with pytest.raises(UserError, match="^git rev-parse: fatal: ") as caught:
        review(base, "HEAD", variables=variables)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_unresolved_merge(project, review):
    """Files with merge conflicts are listed, not compared."""
    for branch in ("one", "two"):
        project.run("git", "checkout", "--quiet", "-b", branch, "main")
        for name in (PREDICTIONS, "metrics.json"):
            text = f"changed on {branch}\n" + project.read(name).decode()
            (project.folder / name).write_text(text, encoding="utf-8")
        project.commit(f"branch {branch}")
    project.run("git", "merge", "one", fails=True)
    with pytest.raises(UserError, match=f"merge conflicts in metrics.json, {PREDICTIONS}; "):
        review(project, "main")
    project.run("git", "add", "--all")  # with the conflict markers
    with pytest.raises(UserError, match=f"{PREDICTIONS} of the working tree is not a table"):
        review(project, "main")


@pytest.mark.usefixtures("no_diff")
def test_folder_of_a_larger_repository(project, review, tmp_path):
    """A project in a subfolder of a repository is reviewed like any other."""
    larger = tmp_path / "larger"
    project.run("git", "init", "--quiet", str(larger))
    shutil.rmtree(project.folder / ".git")
    project.folder = project.folder.rename(larger / "digits project")
    project.commit("a part")
    (larger / "elsewhere.txt").write_text("no part of the project")
    (project.folder / "notes.txt").write_text("a part")
    output = review(project, "HEAD")
    assert "**Identical**" in output
    assert "uncommitted changes: `notes.txt`." in output


@pytest.mark.parametrize(
    ("line", "says"),
    [("model: {depth: 3}", "model .holds {'depth': 3}"), ("train: {}", "duplicate key .train.")],
)
def test_invalid_settings(project, review, line, says):
    """An unknown or repeated section is an error even if all results are up to date."""
    with (project.folder / "params.yaml").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(UserError, match=f"^params.yaml.*{says}"):
        review(project, "HEAD")
