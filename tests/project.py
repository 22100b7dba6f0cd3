"""A copy of this project with small data, for tests that run its programs."""

import os
import shutil
import subprocess
from pathlib import Path

import yaml

from digits.params import read_params
from digits.review.git import environment_without_git
from tests.synthetic import write_raw

ROOT = Path(__file__).parent.parent
TRACKED = [
    "digits",
    "stages",
    "dvc.yaml",
    "params.yaml",
    "requirements.txt",
    ".dvcignore",
    ".gitignore",
    ".gitattributes",
]
TRACKED += [".dvc/config", ".dvc/.gitignore", ".dvc/plots", ".dvc/plots.html"]
# Tests change single settings of these, so that a new setting changes no test.
PARAMS = read_params(ROOT / "params.yaml")
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
PLOTS = {name for output in STAGES["evaluate"]["plots"] for name in output}  # of dvc plots show
OTHERS = {name for output in STAGES["evaluate"]["outs"] for name in output}
PICTURES = {name for name in PLOTS | OTHERS if name.endswith(".png")}
SMALL = {
    "augment": {"rotation": 10.0},
    "network": {"filters": [8, 8, 16], "kernel_sizes": [3, 3, 3], "dropout": 0.1},
    "train": {
        "epochs": 3, "batch_size": 20, "learning_rate": 0.01, "warmup": 0.2,
        "label_smoothing": 0.05, "ema_momentum": 0.9,
    },
}  # fmt: skip


class Project:
    """A clone of this project with small data and a small network."""

    def __init__(self, folder, *, train=600, test=200):
        """Copy the code of the pipeline, draw the data, make the first commit."""
        self.folder = folder
        for name in TRACKED:
            source, target = ROOT / name, folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        files = write_raw(folder.parent / "mirror", train=train, test=test, seed=0)
        # Absolute, so that clones and the temporary folders of experiments find it.
        mirror = str(folder.parent / "mirror")
        self.change(fetch={"mirrors": [mirror], "files": files}, **SMALL)
        self.run("git", "init", "--quiet", "--initial-branch=main")
        self.commit("start")

    @classmethod
    def with_results(cls, folder, **sizes):
        """Create a project, run the pipeline and commit the results."""
        project = cls(folder, **sizes)
        assert project.repro() == list(STAGES)  # all of them, in their order
        project.commit("results")
        return project

    @classmethod
    def at(cls, folder):
        """Return the project in a folder."""
        project = object.__new__(cls)
        project.folder = folder
        return project

    def run(self, *command, fails=False, variables=None):
        """Run a command in the project and return its output; it must fail if ``fails``."""
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment() | (variables or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    @staticmethod
    def environment():
        """Return the environment, with an identity for Git and without its settings."""
        return environment_without_git() | {
            "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_AUTHOR_NAME": "Test", "GIT_AUTHOR_EMAIL": "test@example.org",
            "GIT_COMMITTER_NAME": "Test", "GIT_COMMITTER_EMAIL": "test@example.org",
            "DVC_NO_ANALYTICS": "1",
        }  # fmt: skip

    def repro(self, **options):
        """Run ``dvc repro``; return the names of the stages that ran."""
        lines = self.run("dvc", "repro", **options).splitlines()
        return [line.split("'")[1] for line in lines if line.startswith("Running stage '")]

    def change(self, **sections):
        """Change settings in params.yaml."""
        path = self.folder / "params.yaml"
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
        for section, settings in sections.items():
            values[section] |= settings
        path.write_text(yaml.safe_dump(values), encoding="utf-8")

    def commit(self, message):
        """Commit everything."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--message", message)

    def read(self, name):
        """Read a file of the project as bytes."""
        return (self.folder / name).read_bytes()

    def tracked_outputs(self):
        """Read every output that Git tracks: a dict from the name to the bytes."""
        names = ["metrics.json", *(f"plots/{f.name}" for f in (self.folder / "plots").iterdir())]
        return {name: self.read(name) for name in names}

    def clone(self, folder):
        """Clone the project with Git, without its DVC cache."""
        twin = Project.at(folder)
        self.run("git", "clone", "--quiet", ".", str(folder))
        return twin

    def copy(self, folder):
        """Copy the project with results, cache and history, and its mirror."""
        twin = Project.at(folder)
        shutil.copytree(self.folder, folder, symlinks=True)
        shutil.copytree(self.folder.parent / "mirror", folder.parent / "mirror")
        return twin
