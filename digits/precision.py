"""Which number format the processor computes in."""

from pathlib import Path

import tensorflow as tf

from digits.environment import cpu_fields

NATIVE_FLAGS = {"avx512_bf16", "amx_bf16"}  # as Linux names them in /proc/cpuinfo


def choose(precision, *, cpu_info=Path("/proc/cpuinfo")):
    """Turn ``auto`` into the Keras dtype policy that suits this machine.

    bfloat16 halves the time of a training step where the processor multiplies it natively, and
    is hundreds of times slower elsewhere; so ``auto`` takes it only where it is known to be
    native: GPUs of compute capability 8 and up, x86 processors with AVX-512 BF16 or AMX.

    Args:
        precision: ``auto``, ``float32`` or ``mixed_bfloat16``.
        cpu_info: where Linux describes the processor.

    Returns:
        ``float32`` or ``mixed_bfloat16``.
    """
    if precision != "auto":
        return precision
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        capability = tf.config.experimental.get_device_details(gpus[0]).get("compute_capability")
        native = capability is not None and capability >= (8, 0)
    else:
        flags = cpu_fields(cpu_info).get("flags", "").split()
        native = not NATIVE_FLAGS.isdisjoint(flags)
    return "mixed_bfloat16" if native else "float32"
