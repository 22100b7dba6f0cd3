// Grids of numbers, and what normalize.py lets SciPy and Pillow do with them.

// A grid is {width, height, values}, row by row; outside of it, at(x, y) is 0.
export function makeGrid(width, height, valueAt) {
    const values = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) values[y * width + x] = valueAt(x, y);
    }
    const isInside = (x, y) => x >= 0 && x < width && y >= 0 && y < height;
    return {width, height, values, at: (x, y) => (isInside(x, y) ? values[y * width + x] : 0)};
}

export const mapped = ({width, height, at}, change) =>
    makeGrid(width, height, (x, y) => change(at(x, y)));

// Cuts out the box [left, top, right, bottom], with a margin around it.
export const cropped = (grid, [left, top, right, bottom], margin = 0) =>
    makeGrid(right - left + 2 * margin, bottom - top + 2 * margin, (x, y) =>
        grid.at(left - margin + x, top - margin + y));

// The box around all that is not 0; its right and bottom are exclusive.
export function boxOf({width, height, values}) {
    let [left, top, right, bottom] = [width, height, 0, 0];
    values.forEach((value, index) => {
        if (!value) return;
        const x = index % width, y = Math.floor(index / width);
        [left, top] = [Math.min(left, x), Math.min(top, y)];
        [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
    });
    return [left, top, right, bottom];
}

// The connected components, diagonals included, the largest first: masks with a {size}.
export function componentsOf(mask) {
    const rest = mapped(mask, Number), found = [];
    for (;;) {
        const pixels = [rest.values.findIndex((value) => value)];
        if (pixels[0] < 0) return found.sort((a, b) => b.size - a.size);
        const component = mapped(mask, () => 0);
        for (const pixel of pixels) { // grows
            component.values[pixel] = 1;
            const x = pixel % mask.width, y = Math.floor(pixel / mask.width);
            for (let v = y - 1; v <= y + 1; v++) {
                for (let u = x - 1; u <= x + 1; u++) {
                    if (!rest.at(u, v)) continue;
                    rest.values[v * mask.width + u] = 0;
                    if (u != x || v != y) pixels.push(v * mask.width + u);
                }
            }
        }
        found.push({...component, size: component.values.reduce((a, b) => a + b)});
    }
}

// The distance of each pixel that is not 0 to the nearest that is.
export function depths(mask) {
    const column = makeGrid(mask.width, mask.height, (x, y) => {
        let distance = 0;
        while (mask.at(x, y - distance) && mask.at(x, y + distance)) distance++;
        return distance;
    });
    return makeGrid(mask.width, mask.height, (x, y) => {
        let square = column.at(x, y) ** 2;
        for (let d = 1; d * d < square; d++) {
            const beside = Math.min(column.at(x - d, y), column.at(x + d, y));
            square = Math.min(square, d * d + beside ** 2);
        }
        return Math.sqrt(square);
    });
}

// Replaces each pixel that is not 0 by a disc of ones.
export function dilated(mask, radius) {
    const disc = [], reach = Math.floor(radius);
    for (let y = -reach; y <= reach; y++) {
        for (let x = -reach; x <= reach; x++) if (Math.hypot(x, y) <= radius) disc.push([x, y]);
    }
    return makeGrid(mask.width, mask.height, (x, y) =>
        disc.some(([u, v]) => mask.at(x + u, y + v)));
}

// Filters the columns by a weighted mean, and gives the result transposed: two calls filter a grid.
// tapsOf(y, height, newHeight) lists [y, weight] of the pixels that make a new one.
function filtered({width, height, values}, newHeight, tapsOf) {
    const weights = range(0, newHeight).map((y) => {
        const taps = tapsOf(y, height, newHeight);
        const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
        return taps.map(([source, weight]) => [source, weight / total]);
    });
    return makeGrid(newHeight, width, (y, x) => {
        let sum = 0;
        const taps = weights[y];
        for (let i = 0; i < taps.length; i++) sum += taps[i][1] * values[taps[i][0] * width + x];
        return sum;
    });
}

const range = (start, end) => Array.from({length: end - start}, (_, i) => start + i);

// As scipy.ndimage.gaussian_filter, which mirrors the grid at its edges.
export function blurred(grid, sigma) {
    const offsets = range(Math.round(-4 * sigma), Math.round(4 * sigma) + 1);
    const mirrored = (y, height) => (y < 0 ? -1 - y : y < height ? y : 2 * height - 1 - y);
    const tapsOf = (y, height) => offsets.map((offset) =>
        [mirrored(y + offset, height), Math.exp(-(offset ** 2) / (2 * sigma ** 2))]);
    return filtered(filtered(grid, grid.height, tapsOf), grid.width, tapsOf);
}

// Scales the longer side as Pillow does with BICUBIC, antialiased.
export function resized(grid, longer) {
    const scale = longer / Math.max(grid.width, grid.height);
    if (scale == 1) return grid;
    const [width, height] = [grid.width, grid.height].map((s) => Math.max(1, rint(s * scale)));
    const tapsOf = (y, from, to) => {
        const step = Math.max(1, from / to), centre = ((y + 0.5) * from) / to;
        const first = Math.max(0, Math.trunc(centre - 2 * step + 0.5));
        const end = Math.min(from, Math.trunc(centre + 2 * step + 0.5));
        return range(first, end).map((v) => [v, bicubic((v - centre + 0.5) / step)]);
    };
    return filtered(filtered(grid, height, tapsOf), width, tapsOf);
}

function bicubic(x) {
    const d = Math.abs(x);
    if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
    return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

// Rounds halves to even, as Python does.
export function rint(x) {
    const rounded = Math.round(x);
    return rounded - x == 0.5 && rounded % 2 ? rounded - 1 : rounded;
}
