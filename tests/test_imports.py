"""Importing this project has no side effects, but for its network."""

import subprocess
import sys

from tests.project import ROOT

# Not run by importing it: what is started by `python -m`.
FILES = [file.relative_to(ROOT) for file in sorted((ROOT / "digits").rglob("*.py"))]
MODULES = [
    ".".join(file.with_suffix("").parts).removesuffix(".__init__")
    for file in FILES
    if file.parts[1] != "network" and file.name != "__main__.py"
]
PROGRAM = f"""
import os
import sys
import matplotlib
before = dict(os.environ), matplotlib.rcParams.copy()
for name in {MODULES}:
    __import__(name)
    assert (os.environ, matplotlib.rcParams) == before, name
    assert sys.modules.keys().isdisjoint({{"tensorflow", "keras", "digits.network"}}), name
"""


def test_imports_have_no_side_effects(tmp_path):
    """No module changes the environment or matplotlib's settings, or imports TensorFlow."""
    assert len(MODULES) > 40
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 7\n")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PATH": "", "PYTHONPATH": str(ROOT), "MPLBACKEND": "svg", "KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
