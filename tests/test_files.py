"""Files are replaced together, once all are written, or not at all."""

import pytest

from digits.files import PREFIX, replacing


def contents(folder):
    """Map each file below the folder to what it holds."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_replaces_all_and_makes_folders(tmp_path):
    """After the block each path holds what was written for it; nothing else is left."""
    old, new = tmp_path / "old.txt", tmp_path / "deep" / "er" / "new.csv"
    old.write_text("before")
    with replacing() as place:
        place(old).write_text("one")
        place(str(new)).write_text("two")
        assert old.read_text() == "before"
    assert contents(tmp_path) == {"old.txt": "one", "deep/er/new.csv": "two"}


def test_writes_beside_with_the_same_suffix(tmp_path):
    """The paths to write to are in the same folder, keep the suffix, and Git knows the prefix."""
    path = tmp_path / "model.keras"
    with replacing() as new:
        file = new(path)
        assert (file.parent, file.suffix) == (tmp_path, ".keras")
        assert file.name.startswith(PREFIX)
        file.touch()
    assert path.exists()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_error_leaves_the_old_files(tmp_path, error):
    """An exception in the block, Ctrl-C and SIGTERM among them, changes no file."""
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("before")
    with pytest.raises(error), replacing() as new:
        new(first).write_text("after")
        new(second).write_text("after")
        raise error
    assert contents(tmp_path) == {"first.txt": "before"}


def test_unwritten_path_replaces_none(tmp_path):
    """A path that the block forgot is an error that names it, and no file is replaced."""
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("before")
    second.write_text("before")
    with pytest.raises(FileNotFoundError, match="second.txt"), replacing() as new:
        new(first).write_text("after")
        new(second)
    assert contents(tmp_path) == {"first.txt": "before", "second.txt": "before"}


def test_leftover_of_a_killed_run_is_in_nobodys_way(tmp_path):
    """What a kill left beside the path is overwritten and gone afterwards."""
    (tmp_path / f"{PREFIX}a.txt").write_text("half")
    with replacing() as new:
        new(tmp_path / "a.txt").write_text("whole")
    assert contents(tmp_path) == {"a.txt": "whole"}
