// Asks the server of `make app` for a reading. It serves this file as answer.js.
export const INVITATION = "Draw a digit, or drop a photo. Nothing is stored.";
export const isReady = true;

// Reads a photo, or the drawing if there is none.
export async function answer(canvas, photo, signal) {
    const body = photo ?? (await new Promise((resolve) => canvas.toBlob(resolve)));
    try {
        return await (await fetch("read", {method: "POST", body, signal})).json();
    } catch {
        return {error: "the server does not answer; start it with make app"};
    }
}
