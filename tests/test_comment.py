"""``.github/comment.js`` by Node.js, with a GitHub that only writes down what it is asked."""

import json
import re
import shutil
import subprocess

import pytest

from tests.project import ROOT

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")

# Reads a scenario, prints what was asked of GitHub and said in the log.
DRIVER = """
const { script, pulls, comments, context, file } = JSON.parse(process.argv[1]);
const said = [];
const tell = (name) => async (options) => { said.push([name, options]); };
const github = {
    rest: {
        pulls: { list: Object.assign(tell("list pulls"), { found: pulls }) },
        issues: {
            listComments: Object.assign(tell("list comments"), { found: comments }),
            createComment: tell("create"),
            updateComment: tell("update"),
        },
    },
    paginate: async (method, options) => { await method(options); return method.found; },
};
const core = {
    notice: (text) => said.push(["notice", text]),
    setFailed: (text) => said.push(["failed", text]),
};
require(script)({ github, context, core, file }).then(() => console.log(JSON.stringify(said)));
"""

SHA = "0123456789abcdef0123456789abcdef01234567"
REPO = {"owner": "owner", "repo": "digits"}
RUN = {
    "head_sha": SHA,
    "head_branch": "idea",
    "head_repository": {"id": 7, "owner": {"login": "stranger"}},
    "html_url": "https://github.com/owner/digits/actions/runs/1",
}
PULL = {"number": 12, "head": {"sha": SHA, "repo": {"id": 7}}}
BOT = {"login": "github-actions[bot]"}
MARKER = "<!-- review by comment.yml -->"


@pytest.fixture
def review(tmp_path):
    """Write a small review."""
    path = tmp_path / "review.md"
    path.write_text("## Review\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", encoding="utf-8")
    return path


def comment(file, *, pulls=(PULL,), comments=(), run=RUN):
    """Run the script; return a dict from what was asked of GitHub to the options of that."""
    payload = {"workflow_run": run, "repository": {"default_branch": "main"}}
    scenario = {
        "script": str(ROOT / ".github/comment.js"),
        "pulls": list(pulls),
        "comments": list(comments),
        "context": {"repo": REPO, "payload": payload},
        "file": str(file),
    }
    done = subprocess.run(
        [NODE, "-e", DRIVER, json.dumps(scenario)], capture_output=True, text=True, check=True
    )
    said = json.loads(done.stdout)
    assert len({name for name, _ in said}) == len(said)
    return dict(said)


def body(path, text):
    """Give the comment that is made of a review."""
    path.write_text(text, encoding="utf-8")
    return comment(path)["create"]["body"]


def test_creates_the_first_comment(review):
    """Where there is none, a comment is made in the pull request, the review as it is."""
    said = comment(review)
    assert said["list pulls"] == REPO | {"state": "open", "head": "stranger:idea", "base": "main"}
    assert said["create"]["issue_number"] == 12
    text = said["create"]["body"]
    assert text.startswith(MARKER)
    assert text.endswith("\n\n" + review.read_text(encoding="utf-8"))
    assert f"at {SHA[:7]}" in text
    assert RUN["html_url"] in text
    assert "update" not in said


def test_updates_its_comment(review):
    """The comment of the last run is updated, and no other is made."""
    others = [{"id": 1, "user": BOT, "body": "Welcome!"}, {"id": 2, "user": None, "body": None}]
    ours = {"id": 3, "user": BOT, "body": f"{MARKER}\nold"}
    said = comment(review, comments=[*others, ours])
    assert said["update"]["comment_id"] == 3
    assert said["update"]["body"].startswith(MARKER)
    assert "create" not in said


def test_comment_of_another_author_is_left(review):
    """Somebody's comment with the marker is not touched: a new one is made."""
    forged = {"id": 4, "user": {"login": "stranger"}, "body": f"{MARKER}\nmine"}
    said = comment(review, comments=[forged])
    assert "update" not in said
    assert "create" in said


@pytest.mark.parametrize(
    "pulls",
    [
        [],
        [PULL | {"head": {"sha": SHA[::-1], "repo": {"id": 7}}}],
        [PULL | {"head": {"sha": SHA, "repo": {"id": 8}}}],
        [PULL | {"head": {"sha": SHA, "repo": None}}],
        [PULL | {"number": "12; rm"}],
        [PULL | {"number": None}],
    ],
    ids=["none", "moved on", "of another fork", "deleted fork", "not a number", "no number"],
)
def test_refuses_what_is_not_the_pull_request_of_the_run(review, pulls):
    """Nothing is written where number, commit and fork do not all fit the run."""
    assert set(comment(review, pulls=pulls)) == {"list pulls", "notice"}


def test_refuses_a_run_of_a_deleted_fork(review):
    """A run whose fork is gone has no pull request."""
    assert set(comment(review, run=RUN | {"head_repository": None})) == {"notice"}


def test_right_one_among_several(review):
    """Another's pull request with the same commit does not get the comment."""
    other = {"number": 11, "head": {"sha": SHA, "repo": {"id": 8}}}
    assert comment(review, pulls=[other, PULL])["create"]["issue_number"] == 12


@pytest.mark.parametrize("filler", ["x", "<", "😀", "@"])
def test_long_review_is_cut(review, filler):
    """A comment stays under GitHub's limit, says so before it, and ends with a whole character."""
    text = body(review, "a" + filler * 70_000)
    assert len(text.encode("utf-16-le")) // 2 <= 65_536
    assert text.index("The review is cut here") < text.index("\n\na")
    assert "\ud83d" not in text


def test_large_file_is_refused(review):
    """More than 1 MiB is not even read."""
    review.write_bytes(b"x" * (2**20 + 1))
    assert set(comment(review)) == {"list pulls", "failed"}


def test_link_is_refused(review, tmp_path):
    """A link in the artifact does not bring a file of the machine into the comment."""
    link = tmp_path / "link.md"
    link.symlink_to(review)
    assert set(comment(link)) == {"list pulls", "failed"}


@pytest.mark.parametrize(
    "hostile",
    [
        "@everyone and &#64;everyone and \\@everyone",
        "<!-- review by comment.yml -->",
        "<img src=x> <a href=y>z</a> <https://example.org>",
        "[click](https://example.org) ![](//example.org/p.png)",
        "[a][b] [b]: //example.org",
        "https://example.org http:\\//example.org www.example.org WWW.example.org",
        "fixes #1, owner/repo#2, GH-3, gh-4, &#35;5",
        "```mermaid\ngraph\n```\n~~~geojson\n",
        "left \u202eright\u2066 \x1b[31m",
    ],
)
def test_hostile_text_lies_still(review, hostile):
    """Mentions, references, HTML, links, blocks and hidden characters lose their effect."""
    text = body(review, hostile).partition("\n\n")[2]
    acts = (
        r"@\w|<|&(?!amp;|lt;)|\]\(|\]\[|\]:|://|:\\|www\.|#\d|GH-\d|```|~~~"
        r"|[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]"
    )
    assert re.search(acts, hostile, re.I)
    assert not re.search(acts, text, re.I), text


def test_review_is_not_changed_by_that(review):
    """What a review holds, signs and all, is shown as it is."""
    line = "**Not distinguishable**: 3 → 5 (p = 0.5), `[32, 64]`, 95 %; 2 * 3 > 5: | `a:b` |\n"
    assert body(review, line).endswith(f"\n\n{line}")
