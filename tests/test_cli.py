"""Programs end with the right exit code, and with one line instead of a traceback."""

import signal
import subprocess
import sys
import textwrap

import pytest

from tests.project import ROOT


def start(body):
    """Start a program whose ``main`` has the given body."""
    program = (
        "import os, time\n"
        "from digits.cli import run\n"
        "from digits.errors import UserError\n"
        f"def main():\n{textwrap.indent(body, '    ')}\n"
        "run(main, name='stage')\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    """Wait for the program; return its exit code, standard output and standard error."""
    output, errors = process.communicate(timeout=60)
    return process.returncode, output, errors


def test_success_is_silent():
    """A main that returns ends with 0 and prints only its own output."""
    assert finish(start("print('done')")) == (0, "done\n", "")


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ("raise UserError('a.yaml: b holds 1')", "stage: a.yaml: b holds 1\n"),
        ("open('/no/such/file')", "stage: /no/such/file: No such file or directory\n"),
        ("os.listdir('/proc/self/status')", "stage: /proc/self/status: Not a directory\n"),
        ("raise OSError(28, os.strerror(28))", "stage: No space left on device\n"),
        ("raise OSError('broken')", "stage: broken\n"),
    ],
    ids=["user", "missing file", "wrong kind of file", "disk full", "without a number"],
)
def test_error_of_a_user_is_one_line(body, line):
    """An error that a user can fix ends with 1 and one line, without a traceback."""
    assert finish(start(body)) == (1, "", line)


@pytest.mark.parametrize("error", ["ValueError('a bug')", "AssertionError('a bug')"])
def test_bug_keeps_its_traceback(error):
    """Any other exception has a traceback."""
    code, _, errors = finish(start(f"raise {error}"))
    assert code == 1
    assert "Traceback" in errors
    assert errors.endswith(error.replace("('", ": ").replace("')", "\n"))


def test_exit_code_of_main_is_kept():
    """A main that calls exit keeps its exit code."""
    assert finish(start("raise SystemExit(7)")) == (7, "", "")


def test_interrupt_ends_with_130():
    """Ctrl-C ends with the exit code that shells expect, without a traceback, after clean-up."""
    body = "try:\n    raise KeyboardInterrupt\nfinally:\n    print('cleaned')"
    assert finish(start(body)) == (130, "cleaned\n", "")


def test_sigterm_ends_with_143_after_clean_up():
    """SIGTERM ends the program after clean-up."""
    process = start(
        "try:\n    print('ready', flush=True)\n    time.sleep(60)\nfinally:\n    print('cleaned')"
    )
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert finish(process) == (143, "cleaned\n", "")
