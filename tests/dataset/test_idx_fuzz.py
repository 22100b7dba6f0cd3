"""Property tests of reading IDX: any bytes are read correctly or raise a UserError."""

import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digits.dataset import idx
from digits.errors import UserError

# Each example overwrites the file of the one before, so a shared folder does no harm.
ONE_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
SIZES = st.one_of(st.integers(0, 8), st.integers(0, 2**32 - 1))


@st.composite
def nearly_idx(draw):
    """Generate a plausible header and data whose length often does not match it."""
    dimensions = draw(st.integers(0, 5))
    shape = draw(st.lists(SIZES, min_size=dimensions, max_size=dimensions))
    kind = draw(st.sampled_from([8, 8, 8, 9, 13, 0]))
    header = struct.pack(f">BBBB{dimensions}I", 0, 0, kind, dimensions, *shape)
    fits = int(np.prod(shape, dtype=object)) if shape else 0
    length = draw(st.one_of(st.just(min(fits, 600)), st.integers(0, 600)))
    return (header + bytes(range(256)) * 3)[: len(header) + length]


def check_any(path, content, dimensions):
    """Read bytes; the array must be right or the error one line, with little memory used."""
    path.write_bytes(content)
    tracemalloc.start()
    try:
        array = idx.read(path, dimensions=dimensions)
    except UserError as error:
        assert str(error).startswith(f"{path}: ")
        assert "\n" not in str(error)
    else:
        header = 4 + 4 * dimensions
        assert content[:4] == bytes([0, 0, 8, dimensions])
        assert array.dtype == np.uint8
        assert array.shape == struct.unpack(f">{dimensions}I", content[4:header])
        assert array.tobytes() == content[header:]
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    # The constant covers the file buffer and the error message.
    assert peak < 4 * len(content) + 200_000


@ONE_FOLDER
@given(content=st.binary(max_size=64), dimensions=st.sampled_from([1, 3]))
def test_any_bytes(tmp_path, content, dimensions):
    """Random bytes never raise anything else."""
    check_any(tmp_path / "file", content, dimensions)


@ONE_FOLDER
@given(content=nearly_idx(), dimensions=st.sampled_from([1, 3]))
def test_nearly_right_bytes(tmp_path, content, dimensions):
    """Headers that claim any size never raise anything else and allocate little memory."""
    check_any(tmp_path / "file", content, dimensions)


@ONE_FOLDER
@given(
    shape=st.tuples(st.integers(1, 5), st.integers(1, 8), st.integers(1, 8)),
    cut=st.integers(-3, 3),
)
def test_lengths_near_the_right_one(tmp_path, shape, cut):
    """Only the exact length is accepted, not one to three bytes more or less."""
    count = int(np.prod(shape))
    content = struct.pack(">BBBB3I", 0, 0, 8, 3, *shape) + (bytes(range(256)) * 2)[: count + cut]
    check_any(tmp_path / "file", content, 3)
    path = tmp_path / "file"
    if cut == 0:
        assert idx.read(path, dimensions=3).shape == shape
    else:
        with pytest.raises(UserError, match="bytes, but its header"):
            idx.read(path, dimensions=3)
