"""Fixtures for the tests of review and verify."""

import os

import pandas as pd
import pytest


@pytest.fixture(scope="module")
def base(finished, tmp_path_factory):
    """Copy the finished project and commit a table of seeds of the same 200 images."""
    project = finished.copy(tmp_path_factory.mktemp("base") / "a clone")
    write_seeds(project, images=200, errors=[2, 4, 6])
    project.commit("seeds")
    return project


@pytest.fixture
def project(base, tmp_path):
    """Copy the base project."""
    return base.copy(tmp_path / "a clone")


def write_seeds(project, *, images, errors):
    """Write a table of seeds like that of benchmarks/seeds.py."""
    path = project.folder / "benchmarks/results/seeds.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {"seed": range(len(errors)), "images": images, "errors": errors}
    pd.DataFrame(rows).to_csv(path, index=False)


@pytest.fixture
def run_in(monkeypatch, capsys):
    """Return a function that calls another in a project's folder and returns what it prints."""

    def run_in(project, function, *arguments, variables=None):
        environment = project.environment() | (variables or {})
        with monkeypatch.context() as patch:
            patch.chdir(project.folder)
            for name in os.environ.keys() - environment.keys():
                patch.delenv(name)
            for name, value in environment.items():
                patch.setenv(name, value)
            function(*arguments)
        return "".join(capsys.readouterr())

    return run_in
