"""Fixtures for the tests of sweeps."""

import subprocess

import pytest

from tests.sweep.small import SWEEP, make


@pytest.fixture(scope="session")
def swept(tmp_path_factory):
    """Run a whole sweep; return the project and the finished process."""
    project = make(tmp_path_factory.mktemp("swept") / "clone")
    done = subprocess.run(
        SWEEP, cwd=project.folder, env=project.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return project, done
