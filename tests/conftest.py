"""Settings and fixtures that all tests share."""

import os
import shutil
import signal

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.project import Project

# Set before Keras is imported, which reads these once: a quiet TensorFlow, and the backend that
# requirements.txt installs.
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

# With these of `make test`, a make that a test starts would print the folder that it enters.
for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
    os.environ.pop(name, None)

# A shell makes its background jobs ignore Ctrl-C. Programs that a test starts would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# `make test` tries few examples in each property test, `make test-all` many.
settings.register_profile("few", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("many", max_examples=1000, deadline=None, derandomize=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "few"))


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Run the pipeline on small data, once for all test processes. Tests change only copies."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each process has its own folder in a common one
        folder = folder.parent
    folder = folder / "finished"
    with FileLock(f"{folder}.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)  # left by a process that was interrupted
            Project.with_results(folder / "a clone")  # a space in its name
            (folder / "done").touch()
    return Project.at(folder / "a clone")


@pytest.fixture(scope="module")
def browser():
    """Start one browser for all tests of a module."""
    from tests.browser import started  # here, because few tests need it

    with started() as browser:
        yield browser


@pytest.fixture
def project(finished, tmp_path):
    """Copy the finished project with results, cache and history."""
    return finished.copy(tmp_path / "a clone")
