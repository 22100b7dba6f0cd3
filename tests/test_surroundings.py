"""The user's variables, folders and settings change no result."""

import json
import os
import shutil
import subprocess
import sys

import pytest

from digits.review.git import environment_without_git
from tests.project import ROOT, Project


def python(*program, folder=ROOT, **variables):
    """Run a program of the project with more variables; return what it prints, errors too."""
    done = subprocess.run(
        [sys.executable, *program],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    return done.returncode, done.stdout


@pytest.fixture
def users_repository(tmp_path):
    """Make a repository with a commit, and give what Git exports to its hooks."""
    folder = tmp_path / "user"
    folder.mkdir()
    (folder / "work.txt").write_text("of hours")
    for command in (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=U", "-c", "user.email=u@example.org", "commit", "--quiet", "-m", "mine"],
    ):
        subprocess.run(["git", *command], cwd=folder, env=environment_without_git(), check=True)
    return {
        "GIT_DIR": str(folder / ".git"),
        "GIT_WORK_TREE": str(folder),
        "GIT_INDEX_FILE": str(folder / ".git/index"),
    }


def state(repository):
    """Describe a repository: its history, its status, and whether it is bare."""
    commands = (["log", "--oneline"], ["status", "--porcelain"], ["config", "core.bare"])
    return [
        subprocess.check_output(["git", *command], env=environment_without_git() | repository)
        for command in commands
    ]


def test_tests_leave_the_repository_of_a_hook_alone(users_repository, tmp_path, monkeypatch):
    """In a pre-push hook, where Git names the user's repository, the tests work in their own."""
    before = state(users_repository)
    for name, value in users_repository.items():
        monkeypatch.setenv(name, value)
    project = Project(tmp_path / "own", train=20, test=20)
    project.commit("more") if project.run("git", "status", "--porcelain") else None
    assert state(users_repository) == before
    assert project.run("git", "log", "--format=%s").split() == ["start"]


SHOW_KERAS = """
from digits.network import keras, tf
c = keras.config
print(c.backend(), c.image_data_format(), c.floatx(), c.epsilon(), c.max_epochs())
"""


@pytest.mark.parametrize("variable", ["HOME", pytest.param("KERAS_HOME", marks=pytest.mark.slow)])
def test_kerasjson_of_the_user(tmp_path, variable):
    """A keras.json changes neither the network nor is it changed."""
    path = tmp_path / ".keras" / "keras.json"
    path.parent.mkdir()
    settings = {
        "image_data_format": "channels_first", "floatx": "float64", "epsilon": 0.1,
        "backend": "jax", "nnx_enabled": True,
    }  # fmt: skip
    path.write_text(json.dumps(settings))
    home = {"HOME": str(tmp_path), "KERAS_HOME": str(path.parent)}[variable]
    code, output = python("-c", SHOW_KERAS, **{variable: home, "KERAS_MAX_EPOCHS": "1"})
    assert (code, output) == (0, "tensorflow channels_last float32 1e-07 None\n")
    assert json.loads(path.read_text()) == settings


def test_processor_kept_from_bfloat16():
    """Where oneDNN may not use bfloat16, a training in it ends at once, with one line."""
    program = (
        "from digits.cli import run\n"
        "from digits.network.environment import set_up\n"
        "from types import SimpleNamespace as Train\n"
        "train = Train(threads=1, seed=0, precision='mixed_bfloat16')\n"
        "run(lambda: print(set_up(train)), name='train')\n"
    )
    code, output = python("-c", program, ONEDNN_MAX_CPU_ISA="AVX2")
    assert code == 1, output
    assert output.startswith("train: ")
    assert "ONEDNN_MAX_CPU_ISA=AVX2" in output
    assert "train.precision" in output
    assert len(output.splitlines()) == 1


DRAW = """
import numpy as np
import pandas as pd
from digits.evaluation.figures import Results, all_figures
from digits.evaluation.figures.style import save
from digits.evaluation.scoring import predictions_table

random = np.random.default_rng(0)
labels, probabilities = np.arange(40, dtype=np.uint8) % 10, random.dirichlet(np.ones(10), 40)
history = {name: [0.2, 0.1] for name in ("accuracy", "val_accuracy", "loss", "val_loss")}
results = Results(
    images=random.integers(256, size=(40, 28, 28)),
    labels=labels,
    probabilities=probabilities,
    predictions=predictions_table(labels, probabilities),
    history=pd.DataFrame({"epoch": [1, 2]} | history),
    augmented=random.random((2, 5, 28, 28)),
)
for name, draw in all_figures().items():
    save(f"{name}.png", draw, results)
"""
MATPLOTLIBRC = """
font.size: 14
font.family: serif
text.usetex: True
axes.facecolor: red
savefig.bbox: tight
figure.dpi: 50
"""


def drawn(folder, **variables):
    """Draw all figures in a folder: a dict from the name of the file to its bytes."""
    assert python("-c", DRAW, folder=folder, **variables) == (0, "")
    return {file.name: file.read_bytes() for file in folder.glob("*.png")}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Draw the figures without any settings of a user."""
    return drawn(tmp_path_factory.mktemp("plain"), MATPLOTLIBRC="/none")


@pytest.mark.slow
@pytest.mark.parametrize("place", ["home", "variable", "folder"])
def test_matplotlib_of_the_user(tmp_path, plain, place):
    """Neither a matplotlibrc nor a backend that needs a screen changes a figure."""
    path = tmp_path / {"home": ".config/matplotlib", "variable": "own", "folder": ""}[place]
    path.mkdir(parents=True, exist_ok=True)
    (path / "matplotlibrc").write_text(MATPLOTLIBRC)
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path / ".config")}
    variable = {"MATPLOTLIBRC": str(path)} if place == "variable" else {}
    assert drawn(tmp_path, MPLBACKEND="tkagg", DISPLAY="", **home, **variable) == plain


def makefile(folder):
    """Set up a folder with the Makefile, and programs that only print what they are asked."""
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("python", "dvc"):
        (programs / name).write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
        (programs / name).chmod(0o755)
    (folder / "requirements").mkdir()
    for name in ("Makefile", *(f"requirements/{name}.txt" for name in ("uv", "read", "lock"))):
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv/pyvenv.cfg").write_text(f"command = python -m venv {folder}/.venv\n")
    for name in (".ready-read", ".ready"):
        (folder / ".venv/bin" / name).touch()


def make(folder, *arguments, fails=False, errors=False, **variables):
    """Run make; return the lines that it prints on standard output, with ``errors`` all lines."""
    done = subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if errors else subprocess.PIPE,
        text=True,
    )
    assert (done.returncode != 0) == fails, f"{done.stdout}{done.stderr}"
    return done.stdout.splitlines()


def test_names_of_pictures_by_make(tmp_path):
    """FILES holds names as in a shell."""
    makefile(tmp_path)
    printed = make(tmp_path, "predict", "FILES='a b.png' c.png d/")
    assert printed == ["-m", "digits.predict", "a b.png", "c.png", "d/"]


@pytest.mark.parametrize("preset", ["quick", "balanced"])
def test_preset_that_cannot_be_read(tmp_path, preset):
    """`make quick` hands a preset to DVC; one that cannot be read is an error, and nothing runs."""
    makefile(tmp_path)
    python = tmp_path / ".venv/bin/python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" "$@"\n')
    (tmp_path / "experiments").mkdir()
    recipes = tmp_path / "experiments/recipes.yaml"
    recipes.write_text(preset + ": {train: {epochs: 1}}")
    printed = make(tmp_path, "--silent", preset)
    assert printed == ["exp", "run", "--name", preset, "--force", "--set-param=train.epochs=1"]
    recipes.write_text(preset + ": {train: {epochs: 1}")
    assert make(tmp_path, "--silent", preset, fails=True) == []
    recipes.write_text("other: {train: {epochs: 1}}")
    assert make(tmp_path, "--silent", preset, fails=True) == []


def test_renamed_folder(tmp_path):
    """In a renamed folder the environment is made again: its programs name the old folder."""
    (tmp_path / "old").mkdir()
    makefile(tmp_path / "old")
    assert not [line for line in make(tmp_path / "old", "-n", "repro") if "venv --clear" in line]
    (tmp_path / "old").rename(tmp_path / "new")
    assert [line for line in make(tmp_path / "new", "-n", "repro") if "venv --clear .venv" in line]


def test_environment_that_is_a_link(tmp_path):
    """An environment that several folders share, by a link, is used as long as it is complete."""
    for name in ("two", "one"):  # the environment of one is newer than the requirements of both
        (tmp_path / name).mkdir()
        makefile(tmp_path / name)
    shutil.rmtree(tmp_path / "two/.venv")
    (tmp_path / "two/.venv").symlink_to(tmp_path / "one/.venv")
    assert make(tmp_path / "two", "predict", "FILES=a.png") == ["-m", "digits.predict", "a.png"]
    (tmp_path / "one/.venv/bin/.ready-read").unlink()
    printed = make(tmp_path / "two", "setup", fails=True, errors=True)
    assert printed[0].startswith("make: .venv was not made by this Makefile and is left as it is;")
    assert (tmp_path / "one/.venv/bin/python").exists()


@pytest.mark.parametrize(
    "content",
    [
        {"pyvenv.cfg": "home = /usr/bin\nuv = 0.13.9\nversion_info = 3.12.3\n"},
        {"pyvenv.cfg": "home = /usr/bin\nversion = 3.12.3\nvirtualenv = 20.36.1\n"},
        {"conda-meta/history": "# cmd: conda create -p .venv\n"},
    ],
    ids=["uv", "virtualenv", "conda"],
)
def test_environment_of_another_program(tmp_path, content):
    """An environment that uv, virtualenv or conda made is not emptied; a line says so."""
    makefile(tmp_path)
    for name in (".ready-read", ".ready"):
        (tmp_path / ".venv/bin" / name).unlink()
    (tmp_path / ".venv/pyvenv.cfg").unlink()
    for name, text in content.items():
        (tmp_path / ".venv" / name).parent.mkdir(exist_ok=True)
        (tmp_path / ".venv" / name).write_text(text)
    before = sorted((tmp_path / ".venv").rglob("*"))
    printed = make(tmp_path, "repro", fails=True, errors=True)
    assert printed[0].startswith("make: .venv was not made by this Makefile and is left as it is;")
    assert sorted((tmp_path / ".venv").rglob("*")) == before


def test_git_ignores_environments(tmp_path):
    """Git sees no environment, whatever its usual name, even if it is a link."""
    subprocess.run(
        ["git", "init", "--quiet"], cwd=tmp_path, env=environment_without_git(), check=True
    )
    shutil.copy(ROOT / ".gitignore", tmp_path)
    (tmp_path / ".venv").symlink_to(ROOT)
    for name in ("venv", "env"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyvenv.cfg").touch()
    command = ["git", "status", "--porcelain"]
    status = subprocess.check_output(command, cwd=tmp_path, env=environment_without_git())
    assert status == b"?? .gitignore\n"


def test_download_without_git(tmp_path):
    """In a folder without Git, make says what DVC needs before it installs anything."""
    makefile(tmp_path)
    shutil.rmtree(tmp_path / ".venv")
    printed = make(tmp_path, "repro", "PYTHON=echo", fails=True, errors=True)
    assert printed[0].startswith("make: DVC needs a Git repository here: run git init or")
    assert not (tmp_path / ".venv").exists()
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config.local").write_text("[core]\n    no_scm = true\n")
    assert "-m venv .venv" in make(tmp_path, "repro", "PYTHON=echo", fails=True)


@pytest.mark.parametrize(
    ("variables", "program"),
    [
        ({}, "uv"),
        ({"PIP_INDEX_URL": "http://localhost:9/simple"}, "pip"),
        ({"PIP_USER": "1"}, "uv"),
    ],
    ids=["none", "index", "user"],
)
def test_settings_of_pip(tmp_path, monkeypatch, variables, program):
    """An index that pip is configured to use is used, and pip installs into the environment."""
    makefile(tmp_path)
    subprocess.run(
        ["git", "init", "--quiet"], cwd=tmp_path, env=environment_without_git(), check=True
    )
    (tmp_path / ".venv/bin/.ready-read").unlink()
    says = 'case "$*" in *"config list") exec "%s" "$@";; *) echo "$0 $* user $PIP_USER";; esac'
    for name in ("python", "uv"):
        (tmp_path / ".venv/bin" / name).write_text(f"#!/bin/sh\n{says}\n" % sys.executable)
        (tmp_path / ".venv/bin" / name).chmod(0o755)
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    printed = make(tmp_path, "--silent", "setup", "PYTHON=true", **variables)
    for name in ("read", "lock"):
        (line,) = [line for line in printed if f"requirement requirements/{name}.txt" in line]
        assert f"{program} " in line.partition("install")[0]
        assert line.endswith(" user 0")


def test_user_without_a_name_and_a_folder(tmp_path):
    """A container may run as a user without a name, whose HOME cannot be written."""
    makefile(tmp_path)
    python = tmp_path / ".venv/bin/python"
    python.write_text('#!/bin/sh\necho "$LOGNAME"; echo "$HOME"\n')
    (tmp_path / "id").write_text("#!/bin/sh\necho id: cannot find name >&2; exit 1\n")
    (tmp_path / "id").chmod(0o755)
    path = f"{tmp_path}:{os.environ['PATH']}"
    printed = make(tmp_path, "predict", PATH=path, LOGNAME="", HOME="/none")
    assert printed == ["user", f"{tmp_path}/.dvc/tmp/home"]
    printed = make(tmp_path, "predict", LOGNAME="ann", HOME=str(tmp_path))
    assert printed == ["ann", str(tmp_path)]


def test_names_of_folders(tmp_path):
    """An apostrophe in the name of the folder is no problem; a colon, which splits PATH, is one."""
    for name in ('John\'s "$digits"', "a:b"):
        (tmp_path / name).mkdir()
        makefile(tmp_path / name)
    printed = make(tmp_path / 'John\'s "$digits"', "predict", "FILES=a.png", errors=True)
    assert printed == ["-m", "digits.predict", "a.png"]
    (printed,) = make(tmp_path / "a:b", "predict", fails=True, errors=True)
    assert f"rename {tmp_path}/a:b: " in printed


def test_make_checks_params_that_no_stage_would_read(tmp_path):
    """An extra section is refused by `make repro` though all results are up to date."""
    makefile(tmp_path)
    assert make(tmp_path, "repro")[:2] == ["-m", "digits.params"]
    assert make(tmp_path, "repro")[-1] == "repro"
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text)
    assert python("-m", "digits.params", folder=tmp_path) == (0, "")
    (tmp_path / "params.yaml").write_text(text + "\nmodel: {depth: 3}\n")
    code, output = python("-m", "digits.params", folder=tmp_path)
    assert code == 1
    assert output.startswith("params: params.yaml: model (holds {'depth': 3}) is not a known key")
