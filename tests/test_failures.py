"""A full disk, a read-only disk and a concurrent run are one-line errors that lose no output."""

import os
import subprocess
import sys

import pytest

from tests.project import STAGES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def small_disk(finished, tmp_path_factory):
    """Copy the finished project to a separate in-memory disk of 16 MiB."""
    disk = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)]
    if sys.platform != "linux" or os.geteuid() != 0 or subprocess.run(mount).returncode != 0:
        pytest.skip("only root on Linux may mount a small disk")
    try:
        project = finished.copy(disk / "clone")
        project.change(train={"epochs": 1}, evaluate={"shifts": 0})
        yield project
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def outputs(project):
    """Return a dict from the path of each output to its bytes."""
    folders = [project.folder / name for name in ("data", "models", "plots")]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in [*files, project.folder / "metrics.json"]}


def check_fails(project, stage, says):
    """Check that a stage fails with this reason in one line and changes no output."""
    before = outputs(project)
    output = project.run(sys.executable, "-m", f"stages.{stage}", fails=True)
    (line,) = [line for line in output.splitlines() if says in line]
    assert line.startswith(f"{stage}: ")
    assert "Traceback" not in output
    assert outputs(project) == before


@pytest.mark.parametrize("stage", STAGES)
def test_full_disk(small_disk, stage):
    """On a full disk, a stage names the reason, and all earlier outputs are intact."""
    if stage == "fetch":  # so that there is something to fetch
        (small_disk.folder / "data/raw/t10k-images-idx3-ubyte").unlink()
    filler = small_disk.folder.parent / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4096)
        except OSError:
            pass
    try:
        check_fails(small_disk, stage, "No space left on device")
    finally:
        filler.unlink()
    if stage in ("fetch", "train"):  # what was interrupted ends well when there is space again
        small_disk.run(sys.executable, "-m", f"stages.{stage}")


@pytest.mark.parametrize("stage", STAGES)
def test_read_only_disk(small_disk, stage):
    """On a read-only disk, a stage names the reason, and all earlier outputs are intact."""
    disk = str(small_disk.folder.parent)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    try:
        check_fails(small_disk, stage, "Read-only file system")
    finally:
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)


def test_concurrent_repro(project):
    """A second ``dvc repro`` fails with a message while the first one runs and succeeds."""
    project.change(evaluate={"shifts": 0})
    first = subprocess.Popen(
        ["dvc", "repro"],
        cwd=project.folder,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    for line in first.stdout:
        if line.startswith("Running stage 'evaluate'"):
            break
    output = project.run("dvc", "repro", fails=True)
    assert "is busy" in output or "Unable to acquire lock" in output
    rest, _ = first.communicate()
    assert first.returncode == 0, rest
    assert project.repro() == []
