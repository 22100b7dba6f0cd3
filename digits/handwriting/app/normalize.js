// Turns a drawing into an image in MNIST's form, as normalize.py turns a picture of it.
//
// A drawing is simpler than a photograph: all that is dark is ink. Frames, ruled lines, shadows and
// sheets of paper are not searched for.
import {blurred, boxOf, componentsOf, cropped, depths, dilated, makeGrid, mapped, resized, rint}
    from "./grid.js";
import limits from "./limits.js";

const IMAGE_SIDE = 28, DIGIT_SIDE = 20, CENTRE = 14; // as in normalize.py

// Gives the {image} of a grid of darkness, 0 to 255, and a {doubt}, which may be an empty text. If
// nothing is drawn, gives an {error} instead.
export function normalize(darkness, isCrop = false) {
    const soft = blurred(resized(darkness, limits.WORK_SIDE), limits.BLUR_PIXELS);
    const threshold = limits.FINE_STROKE_SHARE * soft.values.reduce((a, b) => Math.max(a, b));
    const components = componentsOf(mapped(soft, (level) => level > threshold));
    if (!components.length) return {error: "no ink: the picture is blank"};
    const strokes = components.filter(({size}) =>
        size >= limits.MIN_STROKE_SHARE * components[0].size);
    const ink = makeGrid(soft.width, soft.height, (x, y) => strokes.some(({at}) => at(x, y)));
    const box = boxOf(ink), [left, top, right, bottom] = box;
    // Of a small digit, the drawing has more detail than a mask of this size shows.
    if (!isCrop && longerSide(box) < limits.WORK_SIDE / 4) {
        const across = (right - left) / 2 + 4, along = (bottom - top) / 2 + 4;
        const part = [left - across, top - along, right + across + 1, bottom + along + 1];
        return normalize(cropped(darkness, part.map(Math.floor)), true);
    }
    return drawn(ink, box);
}

// Gives the strokes the width of a pen's.
function drawn(mask, box) {
    const pixel = longerSide(box) / DIGIT_SIDE;
    const ink = cropped(mask, box, Math.floor(limits.MIN_STROKE_PIXELS * pixel) + 1);
    const depth = depths(ink);
    const sum = (values) => values.reduce((total, value) => total + value, 0);
    // Four times the mean distance to a stroke's edge.
    const width = (4 * sum(depth.values)) / sum(ink.values) / pixel;
    const missing = ((limits.MIN_STROKE_PIXELS - width) / 2) * pixel;
    const excess = Math.max(0, ((width - limits.MAX_STROKE_PIXELS) / 2) * pixel);
    const image = centred(missing > 0 ? dilated(ink, missing) : mapped(depth, (d) => d > excess));
    return {image, doubt: width > limits.MAX_RELIABLE_STROKE_PIXELS ? "too thick?" : ""};
}

// Scales the longer side of the ink to 20 pixels and puts its centre of mass in the centre.
function centred(ink) {
    const large = mapped(cropped(ink, boxOf(ink)), (value) => 255 * value);
    const small = mapped(resized(large, DIGIT_SIDE), (level) => Math.min(Math.max(level, 0), 255));
    const corner = (side, positionOf) => {
        let mass = 0, moment = 0;
        small.values.forEach((level, index) => {
            mass += level;
            moment += level * positionOf(index);
        });
        const middle = moment / Math.fround(mass); // float32 as in NumPy: a straight 1 is a tie
        return Math.min(Math.max(rint(CENTRE - middle), 0), IMAGE_SIDE - side);
    };
    const left = corner(small.width, (index) => index % small.width);
    const top = corner(small.height, (index) => Math.floor(index / small.width));
    return makeGrid(IMAGE_SIDE, IMAGE_SIDE, (x, y) => rint(small.at(x - left, y - top)));
}

const longerSide = ([left, top, right, bottom]) => Math.max(right - left, bottom - top);
