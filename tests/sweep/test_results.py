"""The CSV of a sweep: complete rows only, from one writer at a time."""

import pytest

from digits.errors import UserError
from digits.sweep.results import COLUMNS, append, open_results, read

ROW = dict.fromkeys(COLUMNS, 1) | {"recipe": "a, b", "split": "0", "key": "1e2198479178"}


def test_rows_are_read_as_they_were_written(tmp_path):
    """Names with commas, splits, and keys that look like numbers are not changed."""
    path = tmp_path / "sweep.csv"
    with open_results(path) as file:
        assert read(file).empty
        for seed in (1, 2):
            append(file, ROW | {"seed": seed})
            assert len(read(file)) == seed
    with open_results(path) as file:
        table = read(file)
    assert list(table.index) == [("a, b", "0", seed, "1e2198479178") for seed in (1, 2)]
    assert path.read_text().count("recipe") == 1


def test_incomplete_last_line_is_removed(tmp_path, capsys):
    """A row that a power cut left incomplete is removed, and a message says so."""
    path = tmp_path / "sweep.csv"
    with open_results(path) as file:
        append(file, ROW)
    whole = path.read_bytes()
    path.write_bytes(whole + b"a,0,2,1")
    with open_results(path) as file:
        assert len(read(file)) == 1
    assert path.read_bytes() == whole
    assert "sweep.csv: removed an incomplete last line" in capsys.readouterr().err


def test_one_writer(tmp_path):
    """A second sweep on the same CSV is rejected while the first one runs, but not afterwards."""
    path = tmp_path / "sweep.csv"
    rejected = pytest.raises(UserError, match="another sweep writes to it")
    with open_results(path), rejected, open_results(path):
        pass
    with open_results(path):
        pass


@pytest.mark.parametrize("content", ["a,b\n1,2\n", '"\n', "a\n1,2\n1,2,3\n", "\xff\n"])
def test_other_csv(tmp_path, content):
    """A CSV that is not of a sweep is not changed, and the error names it."""
    path = tmp_path / "sweep.csv"
    path.write_bytes(content.encode("latin-1"))
    with open_results(path) as file, pytest.raises(UserError, match="sweep.csv: is not "):
        read(file)
    assert path.read_bytes() == content.encode("latin-1")
