"""Decode picture files as luminance."""

import io
import threading
import warnings
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from digits.errors import UserError

FORMATS = {
    "BMP": (".bmp", ".dib"),
    "GIF": (".gif",),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png", ".apng"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
}
SUFFIXES = frozenset(suffix for suffixes in FORMATS.values() for suffix in suffixes)
MAX_BYTES = 200_000_000  # of a file; pictures of at most MAX_PIXELS are far smaller
MAX_PIXELS = Image.MAX_IMAGE_PIXELS  # beyond, Pillow suspects a decompression bomb
MIN_SPREAD = 10  # levels of 255: a page whose luminance varies less is blank
MIN_OPACITY = 8  # levels of 255, of the most opaque pixel; the softest brush leaves more
CONTRAST_SIDE = 200  # pixels of the picture in which the contrast is measured
MIN_LUMINANCE_SHARE = 0.4  # of a channel's contrast: if the luminance has less, the channel is used
MAX_FRAMES = 100  # that are searched for ink
REDUCED_SIDE = 2048  # pixels: larger pictures are reduced, which loses no detail of a digit
# One picture at a time, because warnings can be ignored only for the whole process.
_LOCK = threading.Lock()


class Picture(NamedTuple):
    """Luminance, uint8 (height, width), 0 black to 255 white, and the number of pages or frames."""

    grey: np.ndarray
    frames: int = 1


def read(path):
    """Decode a file as :func:`decode` does; UserError also if it cannot be opened."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(error.strerror or str(error)) from error
    except ValueError as error:  # a name with a null byte
        raise UserError("no such file") from error
    return decode(content)


def decode(content):
    """Decode the bytes of a PNG, JPEG, GIF, BMP, WebP or TIFF file as a :class:`Picture`.

    The picture is turned upright, and transparent pixels become paper. Of several pages or frames,
    the first that is not blank is decoded. A side of 4096 pixels or more is scaled down.

    Raises UserError if the bytes are not a complete picture, or if it is too large. The message is
    one line and does not name the file.
    """
    if not content:
        raise UserError("an empty file")
    if len(content) > MAX_BYTES:
        raise UserError(f"too large: more than {MAX_BYTES:,} bytes")
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:  # A DIB is a BMP without its file header.
            return _decoded(Image.open(io.BytesIO(content), formats=[*FORMATS, "DIB"]))
        except UserError:
            raise
        except Image.DecompressionBombError as error:
            raise UserError(f"too large: more than {MAX_PIXELS:,} pixels") from error
        except UnidentifiedImageError as error:
            kinds = ", ".join(FORMATS)
            raise UserError(f"not a whole picture of a known kind ({kinds})") from error
        except Exception as error:  # damaged files raise many types
            raise UserError("a damaged or truncated picture") from error


def _decoded(image):
    if image.width * image.height > MAX_PIXELS:  # before anything is decoded
        size = f"{image.width:,} by {image.height:,} pixels"
        raise UserError(f"too large: {size}; at most {MAX_PIXELS:,} in all")
    # A JPEG can be decoded at a fraction of its size, which saves memory.
    image.draft(None, (REDUCED_SIDE, REDUCED_SIDE))
    image.load()
    grey, frames = _luminance(image), getattr(image, "n_frames", 1)
    for number in range(1, min(frames, MAX_FRAMES)):
        if np.ptp(grey) > MIN_SPREAD:
            break
        image.seek(number)
        grey = _luminance(image)
    return Picture(grey, frames)


def _luminance(image):
    """Turn an image of any mode upright and convert it to luminance, at most 4095 pixels long."""
    image = ImageOps.exif_transpose(image)
    if image.mode == "LAB":
        image = image.getchannel("L")
    is_deep = image.mode.startswith(("I", "F"))  # more than 8 bits
    image = image.convert("F" if is_deep else "RGBA" if image.has_transparency_data else "RGB")
    image = image.reduce(max(1, max(image.size) // REDUCED_SIDE))
    if is_deep:
        return _scaled(np.asarray(image))
    if image.mode == "RGBA" and image.getextrema()[3][0] < 255:
        return _on_paper(image)
    return _most_contrasting(image.convert("RGB"))


def _most_contrasting(image):
    """Return the luminance, or the colour channel in which ink of the same luminance is visible."""
    small = image.reduce(max(1, max(image.size) // CONTRAST_SIDE))  # without noise
    contrast = np.ptp(np.asarray(small.convert("L")))
    contrasts = [np.ptp(np.asarray(channel)) for channel in small.split()]
    if contrast < MIN_LUMINANCE_SHARE * max(contrasts):
        return np.asarray(image.getchannel(int(np.argmax(contrasts))))
    return np.asarray(image.convert("L"))


def _on_paper(image):
    """Put an RGBA picture on white or black paper, whichever contrasts with the ink."""
    grey = np.asarray(image.convert("L"), np.float32)
    alpha = np.asarray(image.getchannel("A"), np.float32)
    if alpha.max() < MIN_OPACITY:
        return np.full(grey.shape, 255, np.uint8)
    alpha /= alpha.max()  # all ink of a soft brush is translucent
    opaque = grey[alpha > 0.5]
    # The opaque pixels are the ink if they are few or have about one luminance. Otherwise they are
    # a page with ink, which is extended with its most common luminance.
    light = np.median(opaque) > 127
    is_ink = alpha.mean() < 0.5 or opaque.std() < MIN_SPREAD
    paper = 0 if light == is_ink else 255
    return np.rint(grey * alpha + paper * (1 - alpha)).astype(np.uint8)


def _scaled(values):
    """Scale 16-bit and floating-point grey to 0 to 255."""
    # A file does not say which part of the range a scanner uses, so the largest value decides.
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0).clip(0)
    largest = float(values.max())
    whole = 255 if 1 < largest <= 255 else max(largest, 1)
    return np.rint(values * (255 / whole)).astype(np.uint8)
