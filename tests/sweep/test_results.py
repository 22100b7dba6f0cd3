"""The CSV of a sweep: whole rows only, for one writer at a time."""

import pytest

from digits.errors import UserError
from digits.sweep.results import COLUMNS, opened, read

ROW = dict.fromkeys(COLUMNS, 1) | {"recipe": "a, b", "split": "0", "key": "1e2198479178"}


def test_rows_are_read_as_they_were_written(tmp_path):
    """Names with commas, splits, and keys that look like numbers come back as they were."""
    path = tmp_path / "sweep.csv"
    with opened(path) as rows:
        assert rows.read().empty
        for seed in (1, 2):
            rows.append(ROW | {"seed": seed})
            assert len(rows.read()) == seed
    table = read(path, name="sweep.csv")
    assert list(table.index) == [("a, b", "0", seed, "1e2198479178") for seed in (1, 2)]
    assert path.read_text().count("recipe") == 1


def test_line_without_an_end_is_cut(tmp_path, capsys):
    """Of a row that a power cut left in half nothing stays, and it is said."""
    path = tmp_path / "sweep.csv"
    with opened(path) as rows:
        rows.append(ROW)
    whole = path.read_bytes()
    path.write_bytes(whole + b"a,0,2,1")
    with opened(path) as rows:
        assert len(rows.read()) == 1
    assert path.read_bytes() == whole
    assert "sweep.csv: a last line without an end is cut" in capsys.readouterr().err


def test_one_writer(tmp_path):
    """A second sweep on the same CSV is refused while the first one goes on, and not after."""
    path = tmp_path / "sweep.csv"
    with opened(path), pytest.raises(UserError, match="another sweep writes to it"), opened(path):
        pass
    with opened(path):
        pass


@pytest.mark.parametrize("content", ["a,b\n1,2\n", '"\n', "a\n1,2\n1,2,3\n", "\xff\n"])
def test_another_table(tmp_path, content):
    """A CSV that is no sweep's is left as it is, and one line says so."""
    path = tmp_path / "sweep.csv"
    path.write_bytes(content.encode("latin-1"))
    with opened(path) as rows, pytest.raises(UserError, match="sweep.csv: is not "):
        rows.read()
    assert path.read_bytes() == content.encode("latin-1")
