"""Configure TensorFlow deterministically and describe the environment."""

import os
import platform
import re
from pathlib import Path

import keras
import tensorflow as tf
from joblib import cpu_count  # what this process may use, in a container too

from digits.errors import UserError

# oneDNN and Eigen choose their kernels by these. The names are those in /proc/cpuinfo.
INSTRUCTION_SETS = [
    "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx512_fp16",
    "amx_tile", "amx_int8", "amx_bf16", "asimd", "sve", "bf16", "i8mm",
]  # fmt: skip
NATIVE_BFLOAT16 = {"avx512_bf16", "amx_bf16"}
# Environment variables with which TensorFlow and its libraries choose other kernels, which compute
# other bits; not those that only control logging.
DECISIVE = re.compile(
    r"TF_(ENABLE|DISABLE|USE|SET|XLA|ONEDNN|MKL|CUDNN|CUBLAS|AUTO|DETERMINISTIC|CONV|MATMUL)\w*"
    r"|(XLA|ONEDNN|DNNL)_(?!VERBOSE)\w+|NVIDIA_TF32_OVERRIDE|CUBLAS_WORKSPACE_CONFIG"
)
CPU_INFO = Path("/proc/cpuinfo")  # where Linux describes the processor


def set_up(train):
    """Make TensorFlow compute the same bits from the same settings on the same machine.

    Call it before anything is computed. ``train`` is a :class:`digits.params.Train`, whose threads
    (they decide the order of sums), precision and seed are used. Returns the Keras dtype policy to
    train in. Raises UserError if that is bfloat16 and this machine cannot compute in it.
    """
    threads = cpu_count() if train.threads == "auto" else train.threads
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(train.seed)
    precision = choose_precision() if train.precision == "auto" else train.precision
    if precision == "mixed_bfloat16":
        _try_bfloat16()
    return precision


def _try_bfloat16():
    """Raise UserError if this machine cannot compute a convolution in bfloat16."""
    image = tf.zeros((1, 8, 8, 1), tf.bfloat16)
    try:
        tf.nn.conv2d(image, tf.zeros((3, 3, 1, 1), tf.bfloat16), 1, "SAME")
    except tf.errors.OpError as error:
        by = ", ".join(f"{name}={value}" for name, value in variables().items())
        raise UserError(
            f"this machine cannot compute in bfloat16{f' with {by}' if by else ''}; set"
            " train.precision in params.yaml to float32"
        ) from error


def choose_precision(cpu_info=CPU_INFO):
    """Choose the Keras dtype policy for this machine, ``float32`` or ``mixed_bfloat16``.

    bfloat16 halves the time of a training step on hardware that multiplies it natively and is
    hundreds of times slower elsewhere. Native are GPUs of compute capability 8 and up, and x86
    processors with AVX-512 BF16 or AMX unless oneDNN, which uses these instructions, is off.
    """
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability")
        native = capability is not None and capability >= (8, 0)
    else:
        flags = cpu_fields(cpu_info).get("flags", "").split()
        has_onednn = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1").lower() not in ("0", "false")
        native = has_onednn and not NATIVE_BFLOAT16.isdisjoint(flags)
    return "mixed_bfloat16" if native else "float32"


def variables():
    """Return the environment variables that affect which bits are computed, a dict."""
    return {name: os.environ[name] for name in sorted(os.environ) if DECISIVE.fullmatch(name)}


def devices():
    """List TensorFlow's names of the devices that share a training: all GPUs, or the processor."""
    logical = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return [device.name for device in logical]


def strategy():
    """Return the ``tf.distribute.Strategy`` of a training; TensorFlow's default on one device."""
    names = devices()
    return tf.distribute.MirroredStrategy(names) if len(names) > 1 else tf.distribute.get_strategy()


def describe(*, precision, cpu_info=CPU_INFO):
    """Describe what the bytes of a result depend on besides code, data, params and packages.

    ``precision`` is the Keras dtype policy of the training. Returns a dict that can be written as
    JSON and does not change from run to run.
    """
    described = cpu_fields(cpu_info)
    flags = (described.get("flags") or described.get("Features") or "").split()
    gpus = tf.config.list_physical_devices("GPU")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": described.get("model name") or platform.processor() or platform.machine(),
        "instruction_sets": [name for name in INSTRUCTION_SETS if name in flags],
        "gpus": [tf.config.experimental.get_device_details(gpu).get("device_name") for gpu in gpus],
        "devices": len(devices()),
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "precision": precision,
        "variables": variables(),
        "python": platform.python_version(),
    }


def cpu_fields(path):
    """Return the first processor's fields in Linux' cpuinfo; an empty dict on other systems."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError:
        return {}
    lines = [line.partition(":") for line in text.split("\n\n")[0].splitlines()]
    return {name.strip(): value.strip() for name, _, value in lines}
