// Runs once, in Gradio's wrapper: `element` is the component, `props.value` what Python gets (a
// data URL, or empty), `trigger` sends it.
const WIDTH = 32; // of the brush: a digit that fills most of the canvas comes out as MNIST's do
const canvas = element.querySelector("canvas");
const context = canvas.getContext("2d");
const tool = (name) => element.querySelector(`[name=${name}]`);
const chooser = element.querySelector("input");

// What was done, for undo: strokes {points}, photos {url, image, name} and {cleared: true}. What
// is seen is the last step, or the strokes that end the list; anything older is covered.
let steps = [];
let stroke = null; // the one being drawn

function seen() {
    let start = steps.length;
    while (start > 0 && steps[start - 1].points) start -= 1;
    return start < steps.length ? steps.slice(start) : steps.slice(-1);
}

function draw() {
    context.fillStyle = "white";
    context.fillRect(0, 0, canvas.width, canvas.height);
    for (const step of seen()) {
        if (step.points) drawStroke(step.points);
        else if (step.image) drawPhoto(step.image);
        else if (step.url) drawName(step.name);
    }
    tool("undo").disabled = steps.length == 0;
    tool("clear").disabled = steps.length == 0 || Boolean(steps.at(-1).cleared);
}

function drawStroke(points) {
    context.lineWidth = WIDTH;
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = "black";
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
    context.drawImage(image, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
}

function drawName(name) {
    context.fillStyle = "grey";
    context.font = "20px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText(name, canvas.width / 2, canvas.height / 2, canvas.width - 20);
}

function show() {
    draw();
    const [last] = steps.slice(-1);
    props.value = !last || last.cleared ? "" : last.url ?? canvas.toDataURL();
    trigger("input");
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
    const events = event.getCoalescedEvents();
    stroke.points.push(...(events.length ? events : [event]).map(pointOf));
    draw();
});
for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
        if (!stroke || !event.isPrimary) return;
        stroke = null;
        show();
    });
}

tool("undo").addEventListener("click", () => {
    steps.pop();
    show();
});
tool("clear").addEventListener("click", () => {
    steps.push({cleared: true});
    show();
});

async function take(file) {
    // One byte more than is allowed suffices for Python to refuse it.
    const part = file.slice(0, props.largest + 1, file.type);
    const url = await new Promise((resolve, reject) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.onerror = () => reject(reader.error);
        reader.readAsDataURL(part);
    });
    // What the browser cannot draw Python may still read, or say what is wrong with it.
    const image = await createImageBitmap(part).catch(() => null);
    steps.push({url, image, name: file.name});
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

draw();
