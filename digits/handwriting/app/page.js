// Takes a drawing or a photo and shows the answer. The module answer.js reads it.
import {INVITATION, answer, isReady} from "./answer.js";

const BRUSH_WIDTH = 32; // of 400: a digit that fills the canvas gets strokes as wide as MNIST's
const [canvas, undo, clear, chooser, verdict, details] = [
    "canvas", "[name=undo]", "[name=clear]", "input", ".verdict", ".details",
].map((selector) => document.querySelector(selector));
const context = canvas.getContext("2d", {willReadFrequently: true});
// Of a photo: the limit of the server. The page without a server has no button for photos.
const MAX_BYTES = Number(chooser?.dataset.maxBytes ?? Infinity);

// All steps, for undo: strokes {points}, photos {name, image, content or error}, {cleared: true}.
// The strokes after the last other step are visible, or that step if there are none.
const steps = [];
let stroke = null; // that is being drawn
let request = null; // AbortController of the last request

// The drawing

function draw() {
    const start = steps.findLastIndex((step) => !step.points) + 1;
    const visible = start < steps.length ? steps.slice(start) : steps.slice(-1);
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (const step of visible) {
        if (step.points) drawStroke(step.points);
        else if (step.image) drawPhoto(step.image);
        else if (step.name) drawName(step.name);
    }
    undo.disabled = steps.length == 0;
    clear.disabled = steps.length == 0 || Boolean(steps.at(-1).cleared);
}

function drawStroke(points) {
    context.lineWidth = BRUSH_WIDTH;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...points[0]);
    // Curves through the midpoints of the reported points: no corners in a quick stroke.
    for (let i = 1; i + 1 < points.length; i++) {
        const [[x, y], [nextX, nextY]] = [points[i], points[i + 1]];
        context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(...points.at(-1)); // a single point becomes a dot
    context.stroke();
}

function drawPhoto(image) {
    const scale = Math.min(canvas.width / image.width, canvas.height / image.height);
    const [width, height] = [image.width * scale, image.height * scale];
    const [left, top] = [(canvas.width - width) / 2, (canvas.height - height) / 2];
    context.drawImage(image, left, top, width, height);
}

function drawName(name) {
    context.fillStyle = "grey";
    context.font = "20px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText(name, canvas.width / 2, canvas.height / 2, canvas.width - 20);
}

function pointOf(event) {
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
}

canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button != 0) return; // not a second finger or the right button
    canvas.setPointerCapture(event.pointerId); // a stroke may leave the canvas and come back
    stroke = {points: [pointOf(event)]};
    steps.push(stroke);
    draw();
});
canvas.addEventListener("pointermove", (event) => {
    if (!stroke || !event.isPrimary) return;
    const events = event.getCoalescedEvents?.() ?? []; // missing without HTTPS, except on localhost
    stroke.points.push(...(events.length ? events : [event]).map(pointOf));
    draw();
});
canvas.addEventListener("lostpointercapture", (event) => { // lifted, or cancelled by the system
    if (!stroke || !event.isPrimary) return;
    stroke = null;
    show();
});
undo.addEventListener("click", () => { steps.pop(); show(); });
clear.addEventListener("click", () => { steps.push({cleared: true}); show(); });

// The photo

async function take(file) {
    const photo = {name: file.name};
    if (file.size > MAX_BYTES) {
        photo.error = `too large: more than ${MAX_BYTES.toLocaleString("en")} bytes`;
    } else {
        // Read now, because undo must work even if the file changes.
        photo.content = await file.arrayBuffer().catch(() => null);
        if (!photo.content) photo.error = "the file cannot be read";
        // The server may read files that the browser cannot draw, or say what is wrong with them.
        else photo.image = await createImageBitmap(new Blob([photo.content])).catch(() => null);
    }
    steps.push(photo);
    show();
}

chooser?.addEventListener("change", () => {
    if (chooser.files.length) take(chooser.files[0]);
    chooser.value = ""; // so that the same file can be chosen again
});
// Anywhere on the page, because a browser opens a file that is dropped elsewhere.
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
});

// The answer

async function show() {
    draw();
    request?.abort(); // the drawing has changed
    request = new AbortController();
    const {signal} = request;
    const last = steps.at(-1) ?? {cleared: true};
    if (last.cleared) return say("empty", INVITATION);
    if (!isReady) say("empty", "Loading the network…");
    const reading = last.error ? last : await answer(canvas, last.content, signal);
    if (!signal.aborted) showAnswer(reading);
}

function showAnswer({error, digit, probabilities, doubt, seen}) {
    if (error) return say("refusal", `${capitalized(error)}.`);
    const ranking = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
    const [first, second] = ranking.map((other) => `${other} (${percent(probabilities[other])})`);
    const why = capitalized(doubt) + (doubt.endsWith("?") ? "" : ":");
    if (doubt) say("doubtful", `${why} ${first} or ${second}`);
    else say("", `${percent(probabilities[digit])} sure`);
    verdict.prepend(make("output", {}, doubt ? `${digit}?` : digit));

    const image = make("img", {src: seen, alt: "28 by 28 pixels"});
    const bars = probabilities.map((share, other) => {
        const bar = make("span", {className: "bar", style: `width: ${100 * share}%`});
        const track = make("span", {className: "track"}, bar);
        const parts = [make("span", {}, other), track, make("span", {}, percent(share))];
        return make("li", {className: other == digit ? "best" : ""}, ...parts);
    });
    details.append(
        make("figure", {}, image, make("figcaption", {}, "The network sees")),
        make("ol", {ariaLabel: "Probabilities"}, ...bars),
    );
}

// Shows a message instead of an answer.
function say(kind, message) {
    verdict.className = `verdict ${kind}`;
    verdict.replaceChildren(make("p", {}, message));
    details.replaceChildren();
}

// Content is appended as text, never as HTML.
function make(tag, properties, ...content) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...content);
    return element;
}

const capitalized = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const percent = (share) => `${(100 * share).toFixed(1)}%`;

show();
