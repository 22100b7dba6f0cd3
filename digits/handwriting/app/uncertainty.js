// Rules that flag a reading as uncertain: those of uncertainty.py.
import {boxOf, componentsOf, mapped} from "./grid.js";
import limits from "./limits.js";

export function doubtOf(image, confidence, isOod) {
    if (hasSeveralDigits(image)) return "more than one digit?";
    if (isOod) return "not a digit?";
    return confidence < limits.SURE ? "unsure" : "";
}

// Whether digits stand side by side. A 5 and its bar stand one above the other.
function hasSeveralDigits(image) {
    const [left, top, right, bottom] = boxOf(image);
    if (right - left > limits.MAX_WIDTH_TO_HEIGHT * (bottom - top)) return true;
    const ink = mapped(image, (level) => level > 64);
    const [one, other] = componentsOf(ink);
    const size = ink.values.filter(Boolean).length;
    if (!other || other.size < limits.MIN_SECOND_DIGIT_SHARE * size) return false;
    const [[start, , end], [otherStart, , otherEnd]] = [boxOf(one), boxOf(other)];
    const overlap = Math.min(end, otherEnd) - Math.max(start, otherStart);
    return overlap < limits.MAX_OVERLAP_SHARE * Math.min(end - start, otherEnd - otherStart);
}
