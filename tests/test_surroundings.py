"""What lies around, variables, folders, the user's own settings, decides nothing of the results."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from digits.review.revision import elsewhere
from tests.project import ROOT, Project

BASE_PYTHON = Path(sys._base_executable).resolve()  # without the packages of the environment


def python(program, *options, folder=ROOT, **variables):
    """Run a program of the project with more variables; return what it prints, errors too."""
    done = subprocess.run(
        [sys.executable, *options, *program],
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
        subprocess.run(["git", *command], cwd=folder, env=elsewhere(), check=True)
    return {
        "GIT_DIR": str(folder / ".git"),
        "GIT_WORK_TREE": str(folder),
        "GIT_INDEX_FILE": str(folder / ".git/index"),
    }


def state(repository):
    """Describe a repository: its history, its status, and whether it is bare."""
    commands = (["log", "--oneline"], ["status", "--porcelain"], ["config", "core.bare"])
    return [
        subprocess.check_output(["git", *command], env=elsewhere() | repository)
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


@pytest.mark.parametrize("variable", ["HOME", "KERAS_HOME"])
def test_kerasjson_of_the_user(tmp_path, variable):
    """Whatever keras.json says, the network is the one of params.yaml; nor is the file changed."""
    path = tmp_path / ".keras" / "keras.json"
    path.parent.mkdir()
    settings = {
        "image_data_format": "channels_first", "floatx": "float64", "epsilon": 0.1,
        "backend": "jax", "nnx_enabled": True,
    }  # fmt: skip
    path.write_text(json.dumps(settings))
    home = {"HOME": str(tmp_path), "KERAS_HOME": str(path.parent)}[variable]
    code, output = python(["-c", SHOW_KERAS], **{variable: home, "KERAS_MAX_EPOCHS": "1"})
    assert (code, output) == (0, "tensorflow channels_last float32 1e-07 None\n")
    assert json.loads(path.read_text()) == settings


def test_processor_kept_from_bfloat16():
    """Bfloat16 that oneDNN is kept from is one line before any training, not a traceback in it."""
    program = (
        "from digits.command import run\n"
        "from digits.network.machine import set_up\n"
        "from types import SimpleNamespace as Train\n"
        "train = Train(threads=1, seed=0, precision='mixed_bfloat16')\n"
        "run(lambda: print(set_up(train)), name='train')\n"
    )
    code, output = python(["-c", program], ONEDNN_MAX_CPU_ISA="AVX2")
    assert code == 1, output
    assert output.startswith("train: params.yaml: train.precision holds mixed_bfloat16, in which")
    assert "ONEDNN_MAX_CPU_ISA=AVX2" in output
    assert len(output.splitlines()) == 1


DRAW = """
import sys
import numpy as np
from digits.evaluation.figures import style
from digits.evaluation.figures.confusion import confusion_figure
from digits.evaluation.figures.roc import roc_figure
style.save(confusion_figure(np.eye(10, dtype=int) * 3 + 1), sys.argv[1])
"""
NOTEBOOK = "module://matplotlib_inline.backend_inline"
STYLES = {
    "size and box": b"font.size: 14\nsavefig.bbox: tight\nfigure.dpi: 50\n",
    "LaTeX": b"text.usetex: True\nfont.family: serif\n",
    "not UTF-8": "# Größe\n".encode("latin-1"),
}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Draw a picture where nothing lies around."""
    folder = tmp_path_factory.mktemp("plain")
    assert python(["-c", DRAW, "plain.png"], folder=folder, MATPLOTLIBRC="/none") == (0, "")
    return (folder / "plain.png").read_bytes()


@pytest.mark.parametrize("text", STYLES.values(), ids=STYLES)
def test_matplotlibrc_of_the_user(tmp_path, drawn, text):
    """Pictures depend on this repository alone, also where a notebook has set its backend."""
    path = tmp_path / ".config" / "matplotlib" / "matplotlibrc"
    path.parent.mkdir(parents=True)
    path.write_bytes(text)
    variables = {"MPLCONFIGDIR": str(path.parent), "MATPLOTLIBRC": str(path)}
    found = python(["-c", DRAW, "a.png"], folder=tmp_path, MPLBACKEND=NOTEBOOK, **variables)
    assert found == (0, "")
    assert (tmp_path / "a.png").read_bytes() == drawn


def test_matplotlibrc_in_the_folder(tmp_path, drawn):
    """The one that matplotlib reads before any other does not count either."""
    (tmp_path / "matplotlibrc").write_bytes(STYLES["size and box"])
    assert python(["-c", DRAW, "a.png"], folder=tmp_path) == (0, "")
    assert (tmp_path / "a.png").read_bytes() == drawn


PROGRAMS = [
    "digits.predict", "digits.review", "digits.app", "digits.sweep", "benchmarks.seeds",
    "benchmarks.recipes",
]  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_without_docstrings(program):
    """Python's -OO, which removes docstrings, takes nothing from the help but adds no traceback."""
    code, output = python(["-m", program, "--help"], "-OO")
    assert (code, "usage: " in output, "Traceback" in output) == (0, True, False)


@pytest.mark.parametrize("streams", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_output(tmp_path, streams):
    """Started with its output closed, a program works, and writes into no file for it."""
    program = (
        "from digits.command import run\n"
        "from digits.network import tf\n"
        "def main():\n"
        "    print('said')\n"
        "    with open('result', 'w') as file:\n"
        "        print('kept', file=file)\n"
        "run(main, name='program')\n"
    )
    (tmp_path / "program.py").write_text(program)
    command = f"'{sys.executable}' program.py {streams}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "result").read_text() == "kept\n"


def shell(folder):
    """Make a folder of programs: the system's, and a Python without the packages."""
    programs = folder / "bin"
    programs.mkdir()
    for name in ("python", "python3"):
        (programs / name).symlink_to(BASE_PYTHON)
    return f"{programs}:/usr/bin:/bin"


def test_environment_that_is_not_activated(tmp_path):
    """With .venv in the folder, not activated, stages run in it; without, one line says what to do.

    So do those of an experiment in a folder of its own.
    """
    project = Project(tmp_path / "a clone", train=60, test=40)
    path = {"PATH": shell(tmp_path), "PYTHONSAFEPATH": "1"}
    dvc = [sys.executable, "-m", "dvc"]
    output = project.run(*dvc, "repro", "prepare", fails=True, variables=path)
    assert "has no TensorFlow; make repro installs all that is needed in .venv" in output
    assert "source .venv/bin/activate" in output
    assert "Traceback" not in output
    (project.folder / ".venv").symlink_to(sys.prefix)
    project.change(fetch={"mirrors": [str(tmp_path / "mirror")]})
    project.run("git", "commit", "--all", "--quiet", "--message", "mirror")
    project.run(*dvc, "repro", "prepare", variables=path)
    project.run(*dvc, "exp", "run", "--temp", "prepare", "-S", "prepare.seed=5", variables=path)


def makefile(folder):
    """Set up a folder with the Makefile, and programs that only print what they are asked."""
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("python", "dvc"):
        (programs / name).write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
        (programs / name).chmod(0o755)
    for name in ("Makefile", "requirements.txt", "requirements-uv.txt"):
        shutil.copy(ROOT / name, folder)
    (folder / ".venv/pyvenv.cfg").write_text(f"command = python -m venv {folder}/.venv\n")
    (folder / ".venv/bin/.ready").touch()


def make(folder, *arguments):
    """Run make; return the lines that it prints."""
    done = subprocess.run(
        ["make", *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("WhatsApp Image 2026.jpeg", ["WhatsApp Image 2026.jpeg"]),
        ("IMG (1).jpg", ["IMG (1).jpg"]),
        ("IMG(2).jpg 4.png", ["IMG(2).jpg", "4.png"]),
        ("a$b $(c).png", ["a$b $(c).png"]),
        ("it's; `5`.png", ["it's; `5`.png"]),
        ("*.png", ["*.png"]),
        ("'IMG (1).jpg' \"a b.png\" c", ["IMG (1).jpg", "a b.png", "c"]),
        ("three.png photos/", ["three.png", "photos/"]),
        ("-", ["-"]),
    ],
)
def test_names_of_pictures_by_make(tmp_path, given, names):
    """FILES may be one name with anything in it, or several, in quotes where need be."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    makefile(folder)
    if len(names) == 1 and "/" not in given and given != "-":
        (folder / given).touch()
    assert make(folder, "predict", f"FILES={given}") == ["-m", "digits.predict", *names]


def test_renamed_folder(tmp_path):
    """Of a folder that was renamed, the environment is made anew; its programs name the old one."""
    (tmp_path / "old").mkdir()
    makefile(tmp_path / "old")
    assert not [line for line in make(tmp_path / "old", "-n", "repro") if "venv --clear" in line]
    (tmp_path / "old").rename(tmp_path / "new")
    assert [line for line in make(tmp_path / "new", "-n", "repro") if "venv --clear .venv" in line]


def test_environment_that_is_a_link(tmp_path):
    """An environment that several folders share, by a link, is not emptied for its other name."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        makefile(tmp_path / name)
    shutil.rmtree(tmp_path / "two/.venv")
    (tmp_path / "two/.venv").symlink_to(tmp_path / "one/.venv")
    assert not [line for line in make(tmp_path / "two", "-n", "repro") if "venv --clear" in line]


def test_make_checks_params_that_no_stage_would_read(tmp_path):
    """An extra section is refused by `make repro` though all results are up to date."""
    makefile(tmp_path)
    assert make(tmp_path, "repro")[:2] == ["-m", "digits.params"]
    assert make(tmp_path, "repro")[-1] == "repro"
    text = (ROOT / "params.yaml").read_text(encoding="utf-8")
    (tmp_path / "params.yaml").write_text(text)
    assert python(["-m", "digits.params"], folder=tmp_path) == (0, "")
    (tmp_path / "params.yaml").write_text(text + "\nmodel: {depth: 3}\n")
    code, output = python(["-m", "digits.params"], folder=tmp_path)
    assert code == 1
    assert output.startswith("params: params.yaml: model (holds {'depth': 3}) is not a known key")
