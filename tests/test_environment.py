"""models/environment.json: what the bytes depend on."""

import json

from digits.environment import cpu_fields, describe

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


def test_nothing_changes_from_run_to_run():
    """Two descriptions on one machine are equal: no clock, no load, no folder."""
    assert describe(precision="float32") == describe(precision="float32")
