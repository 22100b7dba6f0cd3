// Post a review on its pull request, as one comment that each run updates. Used by comment.yml.
//
// The review was written by code of the pull request, so it is untrusted text that is posted under
// the name of a bot. It is shortened to GitHub's limit, and active Markdown is escaped.

const fs = require("node:fs");

const MARKER = "<!-- review by comment.yml -->"; // identifies the comment
const AUTHOR = "github-actions[bot]";
const MAX_LENGTH = 65536; // UTF-16 units, GitHub's limit
const MAX_BYTES = 1024 * 1024; // of the file

// A zero-width space breaks the syntax that GitHub would act on. It also works within code, where
// an entity would be visible.
const ESCAPES = [
    [/\r\n?/g, "\n"],
    // Control characters, and those that change the direction of writing.
    [/[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ""],
    [/&/g, "&amp;"], // entities, which could encode the characters below
    [/</g, "&lt;"], // HTML, comments like the marker, <links>
    [/@/g, "$&\u200b"], // mentions, which notify people
    [/#(?=\d)/g, "$&\u200b"], // references, which appear in the other thread
    [/\bGH(?=-\d)/gi, "$&\u200b"],
    [/:(?=[/\\])/g, "$&\u200b"], // addresses
    [/\bwww(?=\.)/gi, "$&\u200b"],
    [/\](?=[(:[])/g, "$&\u200b"], // links and pictures
    [/`{3,}|~{3,}/g, "'''"], // code blocks, which may be diagrams or maps
];

/** Escape untrusted Markdown; only tables, headings, lists and emphasis keep their effect. */
function escapeMarkdown(text) {
    return ESCAPES.reduce((done, [pattern, by]) => done.replace(pattern, by), text);
}

/** Write the comment. Our own text comes first, so that no open block of the review affects it. */
function compose(review, run) {
    const head = `${MARKER}\n*Written by the code of this pull request at ${run.head_sha.slice(0, 7)}.`
        + ` [The run](${run.html_url}) has the pictures.*`;
    const cut = "\n\n**The review is cut here: it is too long for a comment. The run has all of it.**";
    const text = escapeMarkdown(review);
    const whole = `${head}\n\n${text}`;
    if (whole.length <= MAX_LENGTH) {
        return whole;
    }
    const short = text.slice(0, MAX_LENGTH - head.length - cut.length - 2);
    return `${head}${cut}\n\n${short.replace(/[\ud800-\udbff]$/, "")}`; // no half of a pair
}

/** Read the review; null if it is too large or not a plain file (a link could name a secret). */
function read(file) {
    const about = fs.lstatSync(file);
    return about.isFile() && about.size <= MAX_BYTES ? fs.readFileSync(file, "utf8") : null;
}

/** Ask GitHub which pull request a run belongs to, because the artifact could name any. */
async function pullOf({ github, context, run }) {
    const from = run.head_repository;
    if (!from) {
        return undefined; // the fork has been deleted
    }
    const pulls = await github.paginate(github.rest.pulls.list, {
        ...context.repo,
        state: "open",
        head: `${from.owner.login}:${run.head_branch}`,
        base: context.payload.repository.default_branch,
    });
    // The fork must match too, because the same commit can be the head of another pull request.
    // After a later push, the commit of this run is no longer the head.
    return pulls.find((pull) => (
        Number.isSafeInteger(pull.number)
        && pull.head.sha === run.head_sha
        && pull.head.repo?.id === from.id
    ));
}

/** Create or update the comment, or write to the log why not. */
module.exports = async ({ github, context, core, file }) => {
    const run = context.payload.workflow_run;
    const pull = await pullOf({ github, context, run });
    if (!pull) {
        core.notice(`No open pull request has ${run.head_sha} as its head: no comment.`);
        return;
    }
    const review = read(file);
    if (review === null) {
        core.setFailed("The review is not a plain file of at most 1 MiB: no comment.");
        return;
    }
    const body = compose(review, run);
    const comments = await github.paginate(github.rest.issues.listComments, {
        ...context.repo,
        issue_number: pull.number,
        per_page: 100,
    });
    // Anyone can write the marker, so only comments of this bot are updated.
    const ours = comments.find((comment) => (
        comment.user?.login === AUTHOR && comment.body?.startsWith(MARKER)
    ));
    if (ours) {
        await github.rest.issues.updateComment({ ...context.repo, comment_id: ours.id, body });
    } else {
        await github.rest.issues.createComment({
            ...context.repo, issue_number: pull.number, body,
        });
    }
};
