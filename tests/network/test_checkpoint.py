"""Tests of saving and loading the state of a training."""

import numpy as np
import pytest

from digits.network.checkpoint import Checkpoint, key_of

STATE = {"weights": np.arange(6, dtype=np.float32).reshape(2, 3), "loss": np.array([0.5, 0.25])}


def test_last_state_is_loaded(tmp_path):
    """Each saved state replaces the previous one."""
    checkpoint = Checkpoint(tmp_path / "state", "key")
    checkpoint.save({"loss": np.array([0.5])})
    checkpoint.save(STATE)
    loaded = Checkpoint(tmp_path / "state", "key").load()
    assert loaded.keys() == STATE.keys()
    for name, value in STATE.items():
        np.testing.assert_array_equal(loaded[name], value)
        assert loaded[name].dtype == value.dtype


def test_nothing_saved(tmp_path):
    """Without a saved state, None is loaded."""
    assert Checkpoint(tmp_path / "state", "key").load() is None


def test_other_key(tmp_path):
    """A state under another key is not loaded and is deleted."""
    Checkpoint(tmp_path / "state", "old").save(STATE)
    assert Checkpoint(tmp_path / "state", "new").load() is None
    assert not list((tmp_path / "state").iterdir())


@pytest.mark.parametrize("kept", [0, 1, 100, 300, -1])
def test_truncated_file(tmp_path, kept):
    """A truncated file is not loaded."""
    checkpoint = Checkpoint(tmp_path / "state", "key")
    checkpoint.save(STATE)
    (path,) = (tmp_path / "state").iterdir()
    path.write_bytes(path.read_bytes()[:kept])
    assert checkpoint.load() is None


def test_flipped_bit(tmp_path):
    """A file with one flipped bit in a number is not loaded."""
    checkpoint = Checkpoint(tmp_path / "state", "key")
    checkpoint.save(STATE)
    (path,) = (tmp_path / "state").iterdir()
    content = bytearray(path.read_bytes())
    position = content.index(STATE["weights"].tobytes()) + 5
    content[position] ^= 1
    path.write_bytes(content)
    assert checkpoint.load() is None


def test_clear(tmp_path):
    """Clearing deletes the folder; clearing again does nothing."""
    checkpoint = Checkpoint(tmp_path / "state", "key")
    checkpoint.save(STATE)
    checkpoint.clear()
    assert not (tmp_path / "state").exists()
    checkpoint.clear()


def test_key_depends_on_settings_and_contents_only(tmp_path):
    """Settings and contents of files change the key; their names and order do not."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    key = key_of(settings={"epochs": 1}, files=[one, two])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"1")
    assert key_of(settings={"epochs": 1}, files=[two, elsewhere]) == key
    assert key_of(settings={"epochs": 2}, files=[one, two]) != key
    two.write_bytes(b"3")
    assert key_of(settings={"epochs": 1}, files=[one, two]) != key
