"""The machine that computes: set up for a training, and described for who compares results."""

import os
import platform
from importlib import metadata
from pathlib import Path

import keras
import tensorflow as tf

PACKAGES = ["tensorflow", "keras", "numpy", "pandas", "matplotlib", "seaborn", "h5py"]
# Those that choose between kernels of oneDNN and Eigen; Linux' names in /proc/cpuinfo.
INSTRUCTION_SETS = [
    "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16",
    "amx_tile", "amx_int8", "amx_bf16", "asimd", "sve", "bf16", "i8mm",
]  # fmt: skip
NATIVE_BFLOAT16 = {"avx512_bf16", "amx_bf16"}
CPU_INFO = Path("/proc/cpuinfo")  # where Linux describes the processor


def set_up(train):
    """Make TensorFlow compute the same bits from the same settings, on the same machine.

    Call it before anything is computed. The number of threads decides in which order sums are
    taken, and so the bits.

    Args:
        train: a :class:`digits.params.Train`, of which threads, precision and seed count.

    Returns:
        The Keras dtype policy to train in, ``float32`` or ``mixed_bfloat16``.
    """
    threads = os.cpu_count() if train.threads == "auto" else train.threads
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(train.seed)
    return choose_precision() if train.precision == "auto" else train.precision


def choose_precision(cpu_info=CPU_INFO):
    """Give the Keras dtype policy that suits this machine, ``float32`` or ``mixed_bfloat16``.

    bfloat16 halves the time of a training step where the processor multiplies it natively, and
    is hundreds of times slower elsewhere; so it is taken only where it is known to be native:
    GPUs of compute capability 8 and up, x86 processors with AVX-512 BF16 or AMX.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability")
        native = capability is not None and capability >= (8, 0)
    else:
        flags = cpu_fields(cpu_info).get("flags", "").split()
        native = not NATIVE_BFLOAT16.isdisjoint(flags)
    return "mixed_bfloat16" if native else "float32"


def describe(*, precision, cpu_info=CPU_INFO):
    """Describe the machine and the versions, with nothing in it that changes from run to run.

    They are what the bytes of a result depend on besides code, data and params.

    Args:
        precision: the Keras dtype policy that training uses.
        cpu_info: where Linux describes the processor.

    Returns:
        A dict of texts, numbers, lists and dicts, fit for JSON.
    """
    described = cpu_fields(cpu_info)
    flags = (described.get("flags") or described.get("Features") or "").split()
    gpus = tf.config.list_physical_devices("GPU")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": described.get("model name") or platform.processor() or platform.machine(),
        "instruction_sets": [name for name in INSTRUCTION_SETS if name in flags],
        "gpus": [tf.config.experimental.get_device_details(gpu).get("device_name") for gpu in gpus],
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "precision": precision,
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in PACKAGES},
    }


def cpu_fields(path):
    """Read the first processor's fields from Linux' cpuinfo; empty on other systems."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return {}
    lines = [line.partition(":") for line in text.split("\n\n")[0].splitlines()]
    return {name.strip(): value.strip() for name, _, value in lines}
