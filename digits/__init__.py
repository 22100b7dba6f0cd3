"""What the stages are made of: arrays and plain values in, arrays and plain values out.

Imported before all else of the project, it sees to what each program needs around it.
"""

import importlib.util
import os
import sys
from pathlib import Path

# The system's Python has none of the packages. Where .venv is there and only not activated, the
# program goes on in it; the folder of an experiment in .dvc/tmp has it some folders up.
if importlib.util.find_spec("tensorflow") is None:
    paths = [folder / ".venv/bin/python" for folder in Path(__file__).resolve().parents]
    own = next((path for path in paths if path.exists()), None)
    started_by = getattr(sys, "orig_argv", None)  # from Python 3.10 on
    if own is None or started_by is None or own.parent.parent.samefile(sys.prefix):
        sys.exit(
            f"{sys.executable} has no TensorFlow; make repro installs all that is needed in .venv,"
            " and `source .venv/bin/activate` puts it to use"
        )
    os.execv(own, [str(own), *started_by[1:]])  # noqa: S606, no shell

# A program started with its output closed would write to the first file that it opens.
for descriptor in range(3):
    try:
        os.fstat(descriptor)
    except OSError:
        os.open(os.devnull, os.O_RDWR)
sys.stdout = sys.stdout or open(1, "w", encoding="utf-8")  # noqa: SIM115, to the end
sys.stderr = sys.stderr or open(2, "w", encoding="utf-8")  # noqa: SIM115
