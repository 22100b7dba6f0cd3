"""bfloat16 is chosen where the processor has it natively, and only there."""

import pytest
import tensorflow as tf

from digits.precision import choose


def cpu_info(folder, flags):
    """Write what Linux says of a processor with these flags."""
    path = folder / "cpuinfo"
    path.write_text(f"processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu {flags} sse2\n\n")
    return path


@pytest.fixture
def gpus(monkeypatch):
    """Give a function that sets the compute capabilities of the GPUs; none to begin with.

    A GPU cannot be had for a test, and one that this machine has must not decide it.
    """

    def have(*capabilities):
        monkeypatch.setattr(
            tf.config, "list_physical_devices", lambda kind: list(range(len(capabilities)))
        )
        monkeypatch.setattr(
            tf.config.experimental,
            "get_device_details",
            lambda gpu: {"compute_capability": capabilities[gpu]} if capabilities[gpu] else {},
        )

    have()
    return have


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        ("avx512f avx512_bf16", "mixed_bfloat16"),
        ("amx_bf16 amx_tile", "mixed_bfloat16"),
        ("avx2 avx512f", "float32"),
        ("avx512_bf16x", "float32"),  # only a whole word is the flag
        ("bf16", "float32"),  # an ARM feature
    ],
)
@pytest.mark.usefixtures("gpus")
def test_processor_decides(tmp_path, flags, chosen):
    """The flags of the processor are looked for as whole words."""
    assert choose("auto", cpu_info=cpu_info(tmp_path, flags)) == chosen


@pytest.mark.usefixtures("gpus")
def test_unknown_processor_computes_in_float32(tmp_path):
    """Where there is no such file, as on macOS, nothing is known to be native."""
    assert choose("auto", cpu_info=tmp_path / "none") == "float32"


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("flags", ["avx512_bf16", "avx2"])
def test_what_is_asked_for_is_taken(tmp_path, precision, flags):
    """A precision that is named is not changed, whatever the processor has."""
    assert choose(precision, cpu_info=cpu_info(tmp_path, flags)) == precision


@pytest.mark.parametrize(
    ("capability", "chosen"),
    [
        ((9, 0), "mixed_bfloat16"),
        ((8, 0), "mixed_bfloat16"),
        ((7, 5), "float32"),
        (None, "float32"),
    ],
)
def test_gpu_decides_before_the_processor(tmp_path, gpus, capability, chosen):
    """With a GPU its compute capability counts, not the flags of the processor."""
    gpus(capability)
    flags = "avx2" if chosen == "mixed_bfloat16" else "avx512_bf16"
    assert choose("auto", cpu_info=cpu_info(tmp_path, flags)) == chosen
