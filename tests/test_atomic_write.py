"""Tests of writing several files atomically."""

import os

import pytest

from digits.atomic_write import PREFIX, atomic_write


def contents(folder):
    """Return a dict from each file below the folder to its text."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_replaces_files_and_creates_folders(tmp_path):
    """After the block, each path has its new content, and no temporary file is left."""
    old, new = tmp_path / "old.txt", tmp_path / "deep" / "er" / "new.csv"
    old.write_text("before")
    with atomic_write() as temporary:
        temporary(old).write_text("one")
        temporary(str(new)).write_text("two")
        assert old.read_text() == "before"
    assert contents(tmp_path) == {"old.txt": "one", "deep/er/new.csv": "two"}


def test_temporary_path(tmp_path):
    """The temporary file is in the same folder, with the same suffix and the ignored prefix."""
    path = tmp_path / "model.keras"
    with atomic_write() as new:
        file = new(path)
        assert (file.parent, file.suffix) == (tmp_path, ".keras")
        assert file.name.startswith(PREFIX)
        file.touch()
    assert path.exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_error_keeps_the_old_files(tmp_path, error):
    """An exception in the block, including Ctrl-C and SIGTERM, changes no file."""
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("before")
    with pytest.raises(error), atomic_write() as new:
        new(first).write_text("after")
        new(second).write_text("after")
        raise error
    assert contents(tmp_path) == {"first.txt": "before"}


def test_unwritten_path_is_an_error(tmp_path):
    """A path that was never written is named in the error, and no file is replaced."""
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("before")
    second.write_text("before")
    with pytest.raises(FileNotFoundError, match="second.txt"), atomic_write() as new:
        new(first).write_text("after")
        new(second)
    assert contents(tmp_path) == {"first.txt": "before", "second.txt": "before"}


def test_leftover_of_a_killed_run_is_replaced(tmp_path):
    """A temporary file that a killed run left is overwritten and then gone."""
    (tmp_path / f"{PREFIX}a.txt").write_text("half")
    with atomic_write() as new:
        new(tmp_path / "a.txt").write_text("whole")
    assert contents(tmp_path) == {"a.txt": "whole"}


def test_files_are_on_disk_before_any_is_moved(tmp_path, monkeypatch):
    """Every file is flushed to disk before the first one replaces what is there."""
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *a, n=name, r=real: (calls.append(n), r(*a))[1])
    with atomic_write() as new:
        for name in ("one", "two"):
            new(tmp_path / name).write_text(name)
    assert calls == ["fsync", "fsync", "replace", "replace"]
