"""The machine is described as it is, and bfloat16 is chosen only where it is native."""

import json
import os
import subprocess
import sys

import pytest
import tensorflow as tf

from digits.network.environment import (
    choose_precision,
    cpu_fields,
    describe,
    devices,
    strategy,
    variables,
)
from tests.project import ROOT

CPU_INFO = """processor\t: 0
model name\t: Some Processor 9000
flags\t\t: fpu avx2 avx512_bf16 sse

processor\t: 1
model name\t: Another
flags\t\t: fpu
"""


def test_processor_of_linux(tmp_path):
    """The first processor's name and the instruction sets that matter are told."""
    path = tmp_path / "cpuinfo"
    path.write_text(CPU_INFO, encoding="utf-8")
    described = describe(precision="float32", cpu_info=path)
    assert described["processor"] == "Some Processor 9000"
    assert described["instruction_sets"] == ["avx2", "avx512_bf16"]
    assert described["precision"] == "float32"


def test_other_systems(tmp_path):
    """Without /proc/cpuinfo there is still a description, and it fits JSON."""
    assert cpu_fields(tmp_path / "none") == {}
    described = describe(precision="float32", cpu_info=tmp_path / "none")
    assert described["instruction_sets"] == []
    assert json.loads(json.dumps(described)) == described


def test_one_device_needs_no_strategy():
    """A training on one device is described so, and goes as if there were no others."""
    assert describe(precision="float32")["devices"] == len(devices()) == 1
    assert type(strategy()) is type(tf.distribute.get_strategy())


def test_nothing_changes_from_run_to_run():
    """Two descriptions on one machine are equal: no clock, no load, no folder."""
    assert describe(precision="float32") == describe(precision="float32")


PROGRAM = """
import os
from types import SimpleNamespace as Settings

os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from digits.network import environment, keras
from digits.network.model import predict
import numpy as np

environment.set_up(Settings(threads="auto", seed=0, precision="float32"))
print(environment.describe(precision="float32")["threads"])
model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
predict(model, np.ones((7, 8, 8), np.uint8))
"""


def test_processors_of_the_process():
    """Threads are the processors that a process may use; few images cause no message."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("1\n", "")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    """Take away what this machine may have set."""
    for name in variables():
        monkeypatch.delenv(name)


def test_variables_that_decide_bits_are_told(monkeypatch):
    """They are in the description, and so in the checkpoint's key; what is logged is not."""
    assert describe(precision="float32")["variables"] == {}
    monkeypatch.setenv("TF_XLA_FLAGS", "--tf_xla_auto_jit=2")
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", "AVX2")
    monkeypatch.setenv("ONEDNN_VERBOSE", "1")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "1")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "of Terraform")
    told = {"ONEDNN_MAX_CPU_ISA": "AVX2", "TF_XLA_FLAGS": "--tf_xla_auto_jit=2"}
    assert describe(precision="float32")["variables"] == told


@pytest.mark.parametrize(
    ("value", "chosen"),
    [
        ("0", "float32"),
        ("False", "float32"),
        ("1", "mixed_bfloat16"),
    ],
)
@pytest.mark.usefixtures("gpus")
def test_onednn_decides_too(tmp_path, monkeypatch, value, chosen):
    """Without oneDNN, bfloat16 would take many times as long as float32."""
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", value)
    assert choose_precision(cpu_info(tmp_path, "avx512_bf16")) == chosen


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
    assert choose_precision(cpu_info(tmp_path, flags)) == chosen


@pytest.mark.usefixtures("gpus")
def test_unknown_processor_computes_in_float32(tmp_path):
    """Where there is no such file, as on macOS, nothing is known to be native."""
    assert choose_precision(tmp_path / "none") == "float32"


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
    assert choose_precision(cpu_info(tmp_path, flags)) == chosen
