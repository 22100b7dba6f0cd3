"""The corruptions of MNIST-C (Mu and Gilmer, 2019), reimplemented from their description.

Each takes images, float64 (n, height, width) from 0 to 1, and a ``numpy.random.Generator``, and
returns corrupted images of that shape, whose values may lie outside 0 to 1. Strengths are those of
the paper's dataset.

N. Mu and J. Gilmer, MNIST-C: A Robustness Benchmark for Computer Vision, arXiv:1906.02337.
"""

import zlib

import numpy as np
from scipy import ndimage
from scipy.linalg import block_diag

FOG_SIDE = 256  # pixels of the maps of fog, which are cropped to the images
FOG_BLOCK = 250  # images that get fog at a time, which limits memory


def corrupt(kind, images, *, seed):
    """Corrupt images, uint8 (n, height, width), by one of KINDS; one seed gives the same bytes.

    Random numbers depend on the kind's name, so that another kind may stand before it.
    """
    random = np.random.default_rng([seed, zlib.crc32(kind.encode())])
    corrupted = KINDS[kind](images / 255, random)
    return np.rint(np.clip(corrupted, 0, 1) * 255).astype(np.uint8)


def shot_noise(images, random):
    """Draw each pixel from a Poisson distribution with a mean of three photons for white."""
    return random.poisson(images * 3) / 3


def impulse_noise(images, random):
    """Set 17 % of the pixels to black or white."""
    chance = random.random(images.shape)
    return np.where(chance < 0.17, chance < 0.085, images)


def glass_blur(images, random):
    """Blur, swap half of the pixels with a neighbour above or to the left, twice, and blur."""
    blurred = blur(images, 0.7)
    height, width = images.shape[1:]
    every = np.arange(len(images))
    for _ in range(2):
        for row in range(height - 1, 1, -1):
            for column in range(width - 1, 1, -1):
                swapped = random.random(len(images)) < 0.5
                up, left = random.integers(0, 2, (2, len(images))) * swapped
                other = every, row - up, column - left
                here = blurred[:, row, column].copy()
                blurred[:, row, column] = blurred[other]
                blurred[other] = here
    return blur(blurred, 0.7)


def motion_blur(images, random):
    """Blur along a direction within 45 degrees of horizontal, by half a Gaussian of 3 pixels."""
    angle = np.radians(random.uniform(-45, 45, len(images)))[:, None, None]
    _, row, column = np.indices(images.shape, sparse=True)
    steps = np.arange(21)
    weights = np.exp(-(steps**2) / (2 * 3**2))
    smeared = np.zeros_like(images)
    for step, weight in zip(steps, weights / weights.sum(), strict=True):
        smeared += weight * at(images, row + step * np.sin(angle), column + step * np.cos(angle))
    return smeared


def shear(images, random):
    """Shear by 0.4 to the left or right."""
    return affine(images, [[[1, 0], [sign * 0.4, 1]] for sign in (-1, 1)], random)


def scale(images, random):
    """Scale to 0.7 of the size."""
    return affine(images, [[[1 / 0.7, 0], [0, 1 / 0.7]]], random)


def rotate(images, random):
    """Rotate by 0.4 radians, 23 degrees, in either direction."""
    cosine, sine = np.cos(0.4), np.sin(0.4)
    turns = [[[cosine, sign * sine], [-sign * sine, cosine]] for sign in (-1, 1)]
    return affine(images, turns, random)


def brightness(images, _):
    """Add half of the range."""
    return images + 0.5


def translate(images, random):
    """Shift by three pixels along both axes, in either direction."""
    shifts = [(down, right) for down in (-3, 3) for right in (-3, 3)]
    return one_of([ndimage.shift(images, (0, *shift), order=0) for shift in shifts], random)


def stripe(images, _):
    """Invert the left and the right quarter."""
    quarter = images.shape[2] // 4
    inverted = 1 - images
    inverted[:, :, quarter:-quarter] = images[:, :, quarter:-quarter]
    return inverted


def fog(images, random):
    """Add a plasma fractal three times as bright as the image; rescale to the old maximum."""
    height, width = images.shape[1:]
    fogged = images.copy()
    for start in range(0, len(images), FOG_BLOCK):
        block = slice(start, start + FOG_BLOCK)
        brightest = images[block].max(axis=(1, 2), keepdims=True)
        mist = plasma(len(images[block]), random)[:, :height, :width]
        fogged[block] = (images[block] + 3 * mist) * brightest / (brightest + 3)
    return fogged


def spatter(images, random):
    """Add drops of mud, a quarter as bright as ink."""
    liquid = blur(random.normal(0.65, 0.3, images.shape), 1)
    drops = blur((liquid > 0.65).astype(float), 1.5)
    drops[drops < 0.8] = 0
    return images * (1 - drops) + 63 / 255 * drops


def dotted_line(images, random):
    """Draw a line with dashes of two pixels from left to right."""
    width = images.shape[2]
    first, last = random.integers(0, width - 1, (2, len(images), 1))
    columns = np.arange(width)
    line = stroke(images, first + (last - first) * columns / (width - 1))
    return images + line * (columns % 4 >= 2)


def zigzag(images, random):
    """Draw a zigzag from left to right, two pixels up and down."""
    width = images.shape[2]
    columns = np.arange(width)
    first = random.integers(0, width - 1, (len(images), 1))
    rise = random.integers(-5, 5, (len(images), 1))
    teeth = 2 - np.abs(columns % 8 - 4)
    line = stroke(images, first + rise * (columns - 2) / (width - 5) + teeth)
    return images + line * ((columns >= 2) & (columns < width - 3))


def canny_edges(images, _):
    """Detect edges, one pixel wide (Canny, 1986), with the thresholds 0.1 and 0.2."""
    smooth = blur(images, 1)
    # The Sobel filter of each image. ndimage.sobel would also smooth across images.
    down, right = (
        ndimage.correlate1d(ndimage.correlate1d(smooth, [1, 2, 1], across), [-1, 0, 1], along)
        for along, across in ((1, 2), (2, 1))
    )
    steepness = np.hypot(down, right)
    _, row, column = np.indices(images.shape, sparse=True)
    length = np.maximum(steepness, 1e-9)
    below, above = (
        at(steepness, row + sign * down / length, column + sign * right / length)
        for sign in (-1, 1)
    )
    is_ridge = (steepness >= below) & (steepness > above)
    within_image = np.zeros((3, 3, 3))
    within_image[1] = 1
    parts, count = ndimage.label(is_ridge & (steepness > 0.1), within_image)
    strongest = ndimage.maximum(steepness, parts, np.arange(count + 1))
    return (parts > 0) & (strongest[parts] > 0.2)


def at(images, rows, columns):
    """Interpolate each image, (n, height, width), at rows and columns that broadcast to it."""
    number = np.arange(len(images))[:, None, None]
    return ndimage.map_coordinates(images, np.broadcast_arrays(number, rows, columns), order=1)


def blur(images, sigma):
    """Blur each image with a Gaussian; ``sigma`` is in pixels."""
    return ndimage.gaussian_filter(images, (0, sigma, sigma), mode="nearest")


def one_of(versions, random):
    """Choose one of the versions, each (n, height, width), at random for each image."""
    chosen = random.integers(0, len(versions), len(versions[0]))
    return np.stack(versions)[chosen, np.arange(len(chosen))]


def affine(images, maps, random):
    """Transform each image about its centre by one of ``maps``, chosen at random.

    They are matrices (2, 2) from output to input coordinates, (row, column).
    """
    middle = (np.array(images.shape[1:]) - 1) / 2
    versions = []
    for matrix in np.array(maps):
        whole, offset = block_diag(1, matrix), [0, *(middle - matrix @ middle)]
        versions.append(ndimage.affine_transform(images, whole, offset, order=1))
    return one_of(versions, random)


def stroke(images, heights):
    """Draw a stroke, three pixels wide with soft edges, on black images of the same shape.

    Its row in each column is ``heights``, (n, width).
    """
    rows = np.arange(images.shape[1])[:, None]
    distance = np.minimum(np.abs(rows - heights[:, None, :]), 2.29)
    return np.clip(np.log(1 - distance / 2.3) + 1, 0, 1)


def plasma(count, random):
    """Make plasma fractals by the diamond-square algorithm (Fournier et al., 1982).

    They are float64 (count, FOG_SIDE, FOG_SIDE), from 0 to 1. From step to step, the random
    displacement falls by a factor of 1.4 squared.
    """
    heights = np.zeros((count, FOG_SIDE, FOG_SIDE))
    step, roughness = FOG_SIDE, 100.0

    def between(total):
        return total / 4 + roughness * random.uniform(-roughness, roughness, total.shape)

    def around(points, axis, by):
        return points + np.roll(points, by, axis)

    while step > 1:
        half = step // 2
        corners, centres = heights[:, ::step, ::step], heights[:, half::step, half::step]
        centres[:] = between(around(around(corners, 1, -1), 2, -1))
        heights[:, ::step, half::step] = between(around(centres, 1, 1) + around(corners, 2, -1))
        heights[:, half::step, ::step] = between(around(centres, 2, 1) + around(corners, 1, -1))
        step, roughness = half, roughness / 1.4
    heights -= heights.min(axis=(1, 2), keepdims=True)
    return heights / heights.max(axis=(1, 2), keepdims=True)


KINDS = {
    kind.__name__.replace("_", " "): kind
    for kind in (
        shot_noise, impulse_noise, glass_blur, motion_blur, shear, scale, rotate, brightness,
        translate, stripe, fog, spatter, dotted_line, zigzag, canny_edges,
    )
}  # fmt: skip
