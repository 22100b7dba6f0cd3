"""dvc.yaml says what the code does: which modules a stage imports, which params it reads."""

import ast
from dataclasses import fields

import pytest
import yaml

from digits.params import Params
from tests.project import ROOT

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


def declared_files(stage):
    """List the files of this project that a stage depends on, those in its folders too."""
    for dep in STAGES[stage]["deps"]:
        path = ROOT / dep
        files = path.rglob("*.py") if path.is_dir() else [path] if path.suffix == ".py" else []
        yield from (file.relative_to(ROOT).as_posix() for file in files)


@pytest.mark.parametrize("stage", STAGES)
def test_deps_are_the_imported_modules(stage):
    """A change of any module that a stage imports reruns it, and of no other.

    So a folder is a dependency where the stage imports all that is in it.
    """
    declared = list(declared_files(stage))
    assert sorted(declared) == sorted(all_files(f"stages.{stage}"))


@pytest.mark.parametrize("stage", ["prepare", "train", "evaluate"])
def test_packages_that_decide_the_bytes_are_a_dependency(stage):
    """Another version of TensorFlow, NumPy or any other package makes the results out of date."""
    assert "requirements.txt" in STAGES[stage]["deps"]


# From the ground up: a module imports from its own floor and from those below.
FLOORS = [
    ("errors", "files", "command", "params"),
    ("dataset",),
    ("network",),
    ("evaluation",),
    ("handwriting",),
    ("review",),
    ("sweep",),
    ("predict", "app", "export", "vega", "site"),
]
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}
MODULES = sorted((ROOT / "digits").rglob("*.py"))


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_go_one_way(file):
    """No module imports from a wing above its own, from a stage, or from tests and benchmarks."""
    own = file.relative_to(ROOT / "digits").with_suffix("").parts[0]
    for name in imported_names(file):
        top, _, rest = name.partition(".")
        assert top not in ("stages", "tests", "benchmarks"), name
        if top == "digits" and rest:
            assert FLOOR_OF[rest.partition(".")[0]] <= FLOOR_OF[own], name


@pytest.mark.parametrize("stage", STAGES)
def test_stages_stand_on_the_pipelines_wings(stage):
    """What is beside the pipeline, handwriting and reviews, is no part of any stage."""
    wings = {file.split("/")[1] for file in all_files(f"stages.{stage}") if file.count("/") > 1}
    assert wings <= {"dataset", "network", "evaluation"}


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
