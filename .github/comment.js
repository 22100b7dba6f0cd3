// Puts a review into its pull request: one comment, which the next run updates. For comment.yml.
//
// The review was written by code of the pull request, so it is text that a stranger chose, posted
// under the name of a bot. It is cut to what GitHub takes, and what would act is made to lie still.

const fs = require("node:fs");

const MARKER = "<!-- review by comment.yml -->"; // how the comment is found again
const AUTHOR = "github-actions[bot]";
const LIMIT = 65536; // characters that GitHub takes
const LARGEST = 1024 * 1024; // bytes that are read at all

// A space of no width breaks what GitHub would act upon, also within code, where an entity shows.
const STILL = [
    [/\r\n?/g, "\n"],
    // Control characters, and those that turn the direction of writing.
    [/[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ""],
    [/&/g, "&amp;"], // entities, which would bring back what follows
    [/</g, "&lt;"], // HTML, comments of it like the marker, <links>
    [/@/g, "$&\u200b"], // mentions, which send mail
    [/#(?=\d)/g, "$&\u200b"], // references, which show in the other thread
    [/\bGH(?=-\d)/gi, "$&\u200b"],
    [/:(?=[/\\])/g, "$&\u200b"], // addresses
    [/\bwww(?=\.)/gi, "$&\u200b"],
    [/\](?=[(:[])/g, "$&\u200b"], // links and pictures
    [/`{3,}|~{3,}/g, "'''"], // blocks, which may be diagrams and maps
];

/** Make a stranger's Markdown harmless: tables, headings and bold are all that is left of it. */
function still(text) {
    return STILL.reduce((done, [what, by]) => done.replace(what, by), text);
}

/** Write the comment. What is ours comes first: nothing that is left open below can swallow it. */
function compose(review, run) {
    const head = `${MARKER}\n*Written by the code of this pull request at ${run.head_sha.slice(0, 7)}.`
        + ` [The run](${run.html_url}) has the pictures.*`;
    const cut = "\n\n**The review is cut here: it is too long for a comment. The run has all of it.**";
    const text = still(review);
    const whole = `${head}\n\n${text}`;
    if (whole.length <= LIMIT) {
        return whole;
    }
    const short = text.slice(0, LIMIT - head.length - cut.length - 2);
    return `${head}${cut}\n\n${short.replace(/[\ud800-\udbff]$/, "")}`; // no half of a character
}

/** Read the review; null if it is no plain file, such as a link to a secret, or is huge. */
function read(file) {
    const about = fs.lstatSync(file);
    return about.isFile() && about.size <= LARGEST ? fs.readFileSync(file, "utf8") : null;
}

/** Ask GitHub which pull request a run was for: the artifact could name any. */
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
    // The same commit can be the head of another's pull request: the fork must be the same too.
    // Of a run that a later push superseded, the commit is not the head any more.
    return pulls.find((pull) => (
        Number.isSafeInteger(pull.number)
        && pull.head.sha === run.head_sha
        && pull.head.repo?.id === from.id
    ));
}

/** Create or update the comment; says in the log why, where it does not. */
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
    // Anyone can write the marker; only what this bot wrote is updated.
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
