// Takes a drawing or a photo, asks the server what it is, and shows the answer.
const WIDTH = 32; // of the brush: a digit that fills most of the canvas comes out as MNIST's do
const [canvas, undo, clear, chooser, verdict, details] = [
    "canvas", "[name=undo]", "[name=clear]", "input", ".verdict", ".details",
].map((selector) => document.querySelector(selector));
const context = canvas.getContext("2d");
const LARGEST = Number(chooser.dataset.largest); // bytes of a photo that the server takes

// What was done, for undo: strokes {points}, photos {name, image, content or error} and
// {cleared: true}. What is seen is the last step, or the strokes at the end; the rest is covered.
const steps = [];
let stroke = null; // the one being drawn
let question = null; // the newest, an AbortController

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
    context.lineWidth = WIDTH;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...points[0]);
    // Curves through the middles of what the pointer reported: no corners in a quick stroke.
    for (let i = 1; i + 1 < points.length; i++) {
        const [[x, y], [nextX, nextY]] = [points[i], points[i + 1]];
        context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
    }
    context.lineTo(...points.at(-1)); // to itself, if there is one point: a dot
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
    if (!event.isPrimary || event.button != 0) return; // a second finger, the right button
    canvas.setPointerCapture(event.pointerId); // a stroke may leave the canvas and come back
    stroke = {points: [pointOf(event)]};
    steps.push(stroke);
    draw();
});
canvas.addEventListener("pointermove", (event) => {
    if (!stroke || !event.isPrimary) return;
    const events = event.getCoalescedEvents?.() ?? []; // none from another computer
    stroke.points.push(...(events.length ? events : [event]).map(pointOf));
    draw();
});
canvas.addEventListener("lostpointercapture", (event) => { // lifted, or taken by the system
    if (!stroke || !event.isPrimary) return;
    stroke = null;
    show();
});
undo.addEventListener("click", () => {
    steps.pop();
    show();
});
clear.addEventListener("click", () => {
    steps.push({cleared: true});
    show();
});

// The photo

async function take(file) {
    const photo = {name: file.name};
    if (file.size > LARGEST) {
        photo.error = `too large: more than ${LARGEST.toLocaleString("en")} bytes`;
    } else {
        // Read now: undo brings back what was seen, whatever has become of the file.
        photo.content = await file.arrayBuffer().catch(() => null);
        if (!photo.content) photo.error = "the file cannot be read";
        // What the browser cannot draw the server may still read, or say what is wrong with it.
        else photo.image = await createImageBitmap(new Blob([photo.content])).catch(() => null);
    }
    steps.push(photo);
    show();
}

chooser.addEventListener("change", () => {
    if (chooser.files.length) take(chooser.files[0]);
    chooser.value = ""; // the same file may be chosen again
});
// Anywhere on the page: a browser opens what is dropped beside the mark.
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
});

// The answer

async function show() {
    draw();
    question?.abort(); // what it asks about is no longer what is seen
    question = new AbortController();
    const {signal} = question;
    const last = steps.at(-1) ?? {cleared: true};
    if (last.cleared) return say("empty", "Draw a digit, or drop a photo. Nothing is kept.");
    const answer = last.error ? last : await ask(last.content, signal);
    if (!signal.aborted) tell(answer);
}

async function ask(photo, signal) {
    const body = photo ?? (await new Promise((resolve) => canvas.toBlob(resolve)));
    try {
        return await (await fetch("read", {method: "POST", body, signal})).json();
    } catch {
        return {error: "the server does not answer: make app starts it"};
    }
}

function tell({error, digit, probabilities, doubt, seen}) {
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

// Says words in the place of the answer; what else stands there goes.
function say(kind, words) {
    verdict.className = `verdict ${kind}`;
    verdict.replaceChildren(make("p", {}, words));
    details.replaceChildren();
}

// Content is appended as text: what is in a message is no HTML.
function make(tag, properties, ...content) {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...content);
    return element;
}

const capitalized = (words) => words.charAt(0).toUpperCase() + words.slice(1);
const percent = (share) => `${(100 * share).toFixed(1)}%`;

show();
