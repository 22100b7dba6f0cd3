"""dvc.yaml says what the code does: which modules a stage imports, which params it reads."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from digits.params import Params

ROOT = Path(__file__).parent.parent
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
SECTIONS = {field.name for field in fields(Params)}


def module_files(name):
    """List the files that importing the dotted name runs, as far as they are the project's."""
    parts = name.split(".")
    files = [ROOT.joinpath(*parts[:end], "__init__.py") for end in range(1, len(parts) + 1)]
    files.append(ROOT.joinpath(*parts).with_suffix(".py"))
    return [file for file in files if file.is_file()]


def imported_names(file):
    """List every dotted name that a file may import, those inside functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative imports are not followed here"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def all_files(module):
    """Follow the imports from one module through the project."""
    found, waiting = set(), module_files(module)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [f for name in imported_names(file) for f in module_files(name)]
    return {file.relative_to(ROOT).as_posix() for file in found}


def sections_read(file):
    """List the sections of params.yaml that a stage reads: the X of every ``params.X``."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "params"
    }


@pytest.mark.parametrize("stage", STAGES)
def test_deps_are_the_imported_modules(stage):
    """A change of any module that a stage imports reruns it, and of no other."""
    declared = {dep for dep in STAGES[stage]["deps"] if dep.endswith(".py")}
    assert declared == all_files(f"stages.{stage}")


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_the_sections_read(stage):
    """A change of any section that a stage reads reruns it, and of no other."""
    declared = set(STAGES[stage].get("params", []))
    assert declared == sections_read(ROOT / "stages" / f"{stage}.py")


def test_every_section_is_read_by_a_stage():
    """No section of params.yaml is there for nobody."""
    assert {section for stage in STAGES.values() for section in stage.get("params", [])} == SECTIONS


def test_every_setting_is_read():
    """No setting is there for nobody: each name occurs in the code that the stages run."""
    code = "\n".join(
        (ROOT / file).read_text(encoding="utf-8")
        for stage in STAGES
        for file in all_files(f"stages.{stage}")
        if file != "digits/params.py"
    )
    words = {
        node.attr if isinstance(node, ast.Attribute) else node.arg
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Attribute | ast.arg | ast.keyword)
    }
    settings = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    for section, values in settings.items():
        assert set(values) <= words, f"{section} has settings that nothing reads"


@pytest.mark.parametrize("stage", ["fetch", "prepare"])
def test_light_stages_do_without_tensorflow(stage):
    """A stage that needs no TensorFlow does not wait for its import."""
    names = {name for file in all_files(f"stages.{stage}") for name in imported_names(ROOT / file)}
    assert not {"tensorflow", "keras"} & names
