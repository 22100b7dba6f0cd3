"""Stages tell which packages are not the pinned ones, and the review repeats it."""

import json

import pytest
import seaborn

from digits.review.__main__ import main
from tests.project import ROOT

# The installed seaborn under another version, as a copy elsewhere on the PYTHONPATH would be.
OTHER = f"""
__path__ = {list(seaborn.__path__)}
with open({seaborn.__file__!r}, encoding="utf-8") as file:
    exec(file.read())
__version__ = "0.0.1"
"""


@pytest.fixture
def elsewhere(tmp_path):
    """Make a folder for the PYTHONPATH that holds another seaborn."""
    package = tmp_path / "elsewhere/seaborn"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(OTHER, encoding="utf-8")
    return package.parent


def test_another_version_on_the_path(project, elsewhere, monkeypatch, capsys):
    """The stage that imports it warns, records it, and the review of its results warns again."""
    says = f"seaborn 0.0.1 was imported, but requirements.txt pins {seaborn.__version__}"
    command = ["dvc", "repro", "--single-item", "--force", "evaluate"]
    assert says not in project.run(*command)
    output = project.run(*command, variables={"PYTHONPATH": str(elsewhere)})
    assert f"evaluate: warning: {says}; the results may differ\n" in output
    assert json.loads(project.read("plots/packages.json"))["packages"]["seaborn"] == "0.0.1"
    monkeypatch.chdir(project.folder)
    main(["HEAD"])
    reviewed = capsys.readouterr().out
    assert f"- {says}\n" in reviewed
    assert f"- packages.seaborn: {seaborn.__version__} / 0.0.1\n" in reviewed


def test_committed_results_have_the_pinned_packages():
    """What the committed results were made with is what requirements.txt pins."""
    from digits.packages import other_versions

    for record in ("models/environment.json", "plots/packages.json"):
        packages = json.loads((ROOT / record).read_text(encoding="utf-8"))["packages"]
        assert {"numpy", "keras"} <= packages.keys()
        assert other_versions(packages) == []
