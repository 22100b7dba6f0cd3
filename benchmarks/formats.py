"""The network as ONNX and LiteRT beside Keras: the same predictions, at what rate.

    python -m benchmarks.formats

writes benchmarks/formats.csv. `make export` installs what it needs; run it with nothing else
running.
"""

import os
import tempfile
from pathlib import Path

from benchmarks.tables import formats
from digits.command import run
from digits.export import export
from digits.files import replacing
from digits.network.machine import describe
from digits.sweep.training import machine_of


def main():
    """Convert, compare, write the table."""
    with tempfile.TemporaryDirectory() as folder, replacing() as new:
        table = export(new, Path(folder))
        threads = {"threads": os.cpu_count()}  # which all of them take
        table["machine"] = machine_of(describe(precision="float32") | threads)
        table.to_csv(new("benchmarks/formats.csv"), index=False, lineterminator="\n")
    print(formats())


if __name__ == "__main__":
    run(main, name="formats")
