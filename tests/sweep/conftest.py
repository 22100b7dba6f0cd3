"""What the tests of sweeps share."""

import subprocess

import pytest

from tests.sweep.small import SWEEP, make


@pytest.fixture(scope="session")
def swept(tmp_path_factory):
    """Run a whole sweep, undisturbed; give the project and what it printed."""
    project = make(tmp_path_factory.mktemp("swept") / "clone")
    done = subprocess.run(
        SWEEP, cwd=project.folder, env=project.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return project, done
