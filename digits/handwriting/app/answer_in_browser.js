// Reads a drawing in the browser, without a server. `make site` copies this file as answer.js.
import * as ort from "./ort.wasm.min.mjs";
import limits from "./limits.js";
import {makeGrid} from "./grid.js";
import {normalize} from "./normalize.js";
import {doubtOf} from "./uncertainty.js";

export const INVITATION = "Draw a digit. It does not leave your browser.";
export let isReady = false;

ort.env.wasm.numThreads = 1; // more would need headers that a static host does not send
const loading = ort.InferenceSession.create("mnist.onnx");
loading.then(() => { isReady = true; }, () => {}); // an error is shown after the first stroke

// Reads the drawing, as the server does.
export async function answer(canvas, photo) {
    if (photo) return {error: "photographs are for make app, which reads them on your computer"};
    const {width, height} = canvas;
    const {data} = canvas.getContext("2d").getImageData(0, 0, width, height); // grey as RGBA
    const drawing = makeGrid(width, height, (x, y) => 255 - data[4 * (y * width + x)]);
    const {error, image, doubt} = normalize(drawing);
    if (error) return {error};
    const pixels = image.values.map((level) => level / 255);
    const input = new ort.Tensor("float32", pixels, [1, image.height, image.width, 1]);
    const session = await loading.catch(() => null);
    if (!session) return {error: "the network cannot be loaded"};
    const outputs = await session.run({image: input});
    const probabilities = [...outputs.probabilities.data];
    const confidence = Math.max(...probabilities);
    const isOod = outputs.distance.data[0] > limits.DISTANCE_THRESHOLD;
    return {
        digit: probabilities.indexOf(confidence),
        probabilities,
        doubt: doubt || doubtOf(image, confidence, isOod),
        seen: pngOf(image),
    };
}

function pngOf({width, height, values}) {
    const canvas = Object.assign(document.createElement("canvas"), {width, height});
    const pixels = [...values].flatMap((level) => [level, level, level, 255]);
    const data = new ImageData(Uint8ClampedArray.from(pixels), width, height);
    canvas.getContext("2d").putImageData(data, 0, 0);
    return canvas.toDataURL();
}
