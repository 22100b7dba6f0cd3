"""dvc.yaml says what the code does: which modules a stage imports, which params it reads."""

import ast
import shutil

import pytest
import yaml
from dvc.repo import Repo

from tests.project import ROOT, STAGES, Project

SETTINGS = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
# How a stage starts, ends, reads its settings and writes its files decides none of its results.
PLUMBING = {
    f"digits/{name}.py"
    for name in ("errors", "cli", "atomic_write", "settings", "params", "packages")
}


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
    """Follow the imports from one module through the project, into all of a package too."""
    found, waiting = set(), module_files(module)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += [f for name in imported_names(file) for f in module_files(name)]
            if "iter_modules(__path__)" in file.read_text(encoding="utf-8"):
                waiting += file.parent.glob("*.py")
    return {file.relative_to(ROOT).as_posix() for file in found}


def expanded(names):
    """List the keys of params.yaml as section.key: all keys of a section that is named alone."""
    return {
        f"{section}.{key}"
        for section, keys in SETTINGS.items()
        for key in keys
        if section in names or f"{section}.{key}" in names
    }


def params_read(stage):
    """List the sections and keys that a stage reads: the X and X.Y of ``params.X.Y``."""
    text = (ROOT / "stages" / f"{stage}.py").read_text(encoding="utf-8")
    chains = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)]
    parts = {id(node.value) for node in chains}
    for node in chains:
        top, section, key, *_ = [*ast.unparse(node).split("."), "", ""]
        if top == "params" and id(node) not in parts:
            yield f"{section}.{key}" if key in SETTINGS[section] else section


def holds_code(file):
    """Tell whether there is anything but a docstring in a module."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return len(tree.body) > (ast.get_docstring(tree) is not None)


@pytest.mark.parametrize("stage", STAGES)
def test_deps_are_the_code_that_decides(stage):
    """Every module that a stage imports is a dependency, or plumbing; no other code is one."""
    deps = [dep for dep in STAGES[stage]["deps"] if dep.startswith(("stages/", "digits/"))]
    imported = {file for file in all_files(f"stages.{stage}") - PLUMBING if holds_code(file)}
    covered = {dep: {f for f in imported if f == dep or f.startswith(f"{dep}/")} for dep in deps}
    assert set().union(*covered.values()) == imported
    assert all(covered.values()), covered
    assert f"stages/{stage}.py" in deps


@pytest.mark.parametrize("stage", ["prepare", "train", "evaluate", "export"])
def test_packages_that_decide_the_bytes_are_a_dependency(stage):
    """Another version of TensorFlow, NumPy or any other package makes the results out of date."""
    assert "requirements.txt" in STAGES[stage]["deps"]


# From the ground up: a module imports from its own floor and from those below.
FLOORS = [
    ("errors", "atomic_write", "cli", "settings", "params", "packages"),
    ("dataset", "inference"),
    ("network",),
    ("evaluation",),
    ("handwriting",),
    ("review",),
    ("sweep",),
    ("predict", "app", "export"),
]
FLOOR_OF = {name: number for number, names in enumerate(FLOORS) for name in names}
MODULES = sorted((ROOT / "digits").rglob("*.py"))


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_go_one_way(file):
    """No module imports from a floor above its own, or from what uses digits."""
    own = file.relative_to(ROOT / "digits").with_suffix("").parts[0]
    for name in imported_names(file):
        top, _, rest = name.partition(".")
        assert top not in ("stages", "tests", "benchmarks", "tools"), name
        if top == "digits" and rest:
            assert FLOOR_OF[rest.partition(".")[0]] <= FLOOR_OF[own], name


@pytest.mark.parametrize("stage", STAGES)
def test_stages_use_the_packages_of_the_pipeline(stage):
    """What is beside the pipeline, as handwriting and reviews, is no part of any stage."""
    used = {file.split("/")[1] for file in all_files(f"stages.{stage}") if file.count("/") > 1}
    assert used <= {"dataset", "network", "evaluation"}


@pytest.mark.parametrize("stage", STAGES)
def test_params_are_the_keys_read(stage):
    """A change of any setting that a stage reads reruns it, and of no other."""
    assert expanded(STAGES[stage].get("params", [])) == expanded(set(params_read(stage)))


def test_every_setting_is_read_by_a_stage():
    """A change of any setting reruns a stage."""
    declared = {name for stage in STAGES.values() for name in stage.get("params", [])}
    assert expanded(declared) == expanded(SETTINGS)


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
    for section, values in SETTINGS.items():
        assert set(values) <= words, f"{section} has settings that nothing reads"


@pytest.mark.parametrize("stage", ["fetch", "prepare"])
def test_light_stages_do_without_tensorflow(stage):
    """A stage that needs no TensorFlow does not wait for its import."""
    names = {name for file in all_files(f"stages.{stage}") for name in imported_names(ROOT / file)}
    assert not {"tensorflow", "keras"} & names


@pytest.fixture(scope="module")
def up_to_date(tmp_path_factory):
    """Make a project whose outputs, all of them stubs, DVC holds for up to date."""
    project = Project(tmp_path_factory.mktemp("status") / "a clone", train=20, test=20)
    shutil.copytree(ROOT / "requirements", project.folder / "requirements")
    for stage in STAGES.values():
        outputs = [*stage["outs"], *stage.get("plots", []), *stage.get("metrics", [])]
        for name in [name for output in outputs for name in output]:
            file = project.folder / name if "." in name else project.folder / name / "file"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("{}")
    project.run("dvc", "commit", "--force")
    return project


@pytest.fixture
def stages_due(up_to_date, monkeypatch):
    """Give a function that asks DVC, in this process, which stages are out of date."""
    monkeypatch.chdir(up_to_date.folder)

    def stages_due():
        with Repo() as repo:
            return set(repo.status())

    return stages_due


PIPELINE = {"fetch", "prepare", "train", "evaluate", "export"}


@pytest.mark.parametrize(
    ("file", "due"),
    [
        ("digits/evaluation/figures/style.py", {"evaluate"}),
        ("digits/network/augment.py", {"train", "evaluate", "export"}),
        ("digits/network/background.py", {"train", "evaluate", "export"}),
        ("digits/inference.py", {"export"}),
        ("digits/dataset/idx.py", {"fetch", "prepare"}),
        ("digits/cli.py", set()),
        ("digits/handwriting/normalize.py", set()),
        ("requirements.txt", {"prepare", "train", "evaluate", "export"}),
        ("requirements/lock.txt", set()),
        ("requirements/read.in", set()),
        ("requirements/test.in", set()),
        ("requirements/tools.in", set()),
    ],
)
def test_what_a_change_makes_due(up_to_date, stages_due, file, due):
    """A change makes the stages due whose results it may decide, and no other."""
    path = up_to_date.folder / file
    content = path.read_text(encoding="utf-8")
    path.write_text(content + "# another line\n", encoding="utf-8")
    try:
        assert stages_due() & PIPELINE == due
    finally:
        path.write_text(content, encoding="utf-8")
