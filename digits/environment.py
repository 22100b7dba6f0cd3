"""What the bytes of a result depend on besides code, data and params: the machine."""

import platform
from importlib import metadata
from pathlib import Path

import tensorflow as tf

PACKAGES = ["tensorflow", "keras", "numpy", "pandas", "matplotlib", "seaborn", "h5py"]
# Those that choose between kernels of oneDNN and Eigen; Linux' names in /proc/cpuinfo.
INSTRUCTION_SETS = [
    "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16",
    "amx_tile", "amx_int8", "amx_bf16", "asimd", "sve", "bf16", "i8mm",
]  # fmt: skip


def describe(*, precision, cpu_info=Path("/proc/cpuinfo")):
    """Describe the machine and the versions, with nothing in it that changes from run to run.

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
