"""Picture files of any usual kind, read as luminance."""

import io
import threading
import warnings

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
MOST_BYTES = 200_000_000  # of a file; no picture within the bound on pixels comes near
MOST_PIXELS = Image.MAX_IMAGE_PIXELS  # where Pillow begins to suspect a decompression bomb
LEAST_SPREAD = 10  # of 255: the standard deviation that a page with ink on it has at least
LEAST_OPACITY = 8  # of 255: of the most opaque pixel; the softest brush leaves more
MOST_FRAMES = 100  # that are looked at
LARGE = 2048  # pixels of the longer side; beyond, a digit has no detail that counts
# Warnings are ignored for the whole process, so that only one picture is read at a time.
_LOCK = threading.Lock()


def read(path):
    """Read a file as :func:`decode` does its bytes; UserError too where it cannot be opened."""
    try:
        with open(path, "rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(error.strerror or str(error)) from error
    except ValueError as error:  # a name with a null byte
        raise UserError("no such file") from error
    return decode(content)


def decode(content):
    """Decode the bytes of a picture file as luminance, upright, on paper.

    Of several pages or frames it is the first that is not blank.

    Args:
        content: bytes of a PNG, JPEG, GIF, BMP, WebP or TIFF file.

    Returns:
        uint8 (height, width), 0 black to 255 white; neither side is much above 2048, for larger
        pictures are scaled down.

    Raises:
        UserError: the bytes are no whole picture, or it is too large; the text is one line, and
            does not name the file.
    """
    if not content:
        raise UserError("an empty file")
    if len(content) > MOST_BYTES:
        raise UserError(f"too large: more than {MOST_BYTES:,} bytes")
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            image = _opened(io.BytesIO(content))
        except Image.DecompressionBombError as error:
            raise UserError(f"too large: more than {MOST_PIXELS:,} pixels") from error
        except UnidentifiedImageError as error:
            kinds = ", ".join(FORMATS)
            raise UserError(f"not a whole picture of a known kind ({kinds})") from error
        except Exception as error:  # damaged headers raise a dozen types
            raise UserError("a damaged picture") from error
        if image.width * image.height > MOST_PIXELS:  # before anything is decoded
            size = f"{image.width:,} by {image.height:,} pixels"
            raise UserError(f"too large: {size}; at most {MOST_PIXELS:,} in all")
        try:
            # A JPEG can be decoded at a half, a quarter or an eighth, for as much less memory.
            image.draft(None, (LARGE, LARGE))
            image.load()
            grey = luminance(image)
            for number in range(1, min(getattr(image, "n_frames", 1), MOST_FRAMES)):
                if np.ptp(grey) > LEAST_SPREAD:
                    break
                image.seek(number)
                grey = luminance(image)
            return grey
        except Exception as error:  # as above
            raise UserError("a damaged or truncated picture") from error


def count_frames(file):
    """Count the pages, or frames, of a picture; 1 where it is none, :func:`decode` then says why.

    Args:
        file: a path, or a file opened in binary mode.
    """
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with _opened(file) as image:
                return getattr(image, "n_frames", 1)
        except Exception:  # as in decode
            return 1


def _opened(file):
    # A DIB is a BMP without the header that a file of it has.
    return Image.open(file, formats=[*FORMATS, "DIB"])


def luminance(image):
    """Turn a ``PIL.Image.Image`` of any mode upright and into luminance, uint8 (height, width).

    Transparent pixels become paper on which the ink shows.
    """
    image = ImageOps.exif_transpose(image)
    if image.mode == "LAB":
        image = image.getchannel("L")
    if image.mode.startswith("I") or image.mode == "F":
        return _stretched(np.asarray(_reduced(image.convert("F"))))
    if image.has_transparency_data:
        return _on_paper(_reduced(image.convert("RGBA")))
    return np.asarray(_reduced(image.convert("L")))


def _on_paper(image):
    """Lay an RGBA picture on white or on black, whichever lets the ink show."""
    grey = np.asarray(image.convert("RGB").convert("L"), np.float32)
    alpha = np.asarray(image.getchannel("A"), np.float32)
    if alpha.max() < LEAST_OPACITY:
        return np.full(grey.shape, 255, np.uint8)
    alpha /= alpha.max()  # ink of a soft brush is translucent all over
    opaque = grey[alpha > 0.5]
    # If little is opaque, or all that is has one luminance, that is the ink; else it is a page
    # with ink on it, which goes on with the luminance that most of it has.
    light = np.median(opaque) > 127
    is_ink = alpha.mean() < 0.5 or opaque.std() < LEAST_SPREAD
    paper = 0 if light == is_ink else 255
    return np.rint(grey * alpha + paper * (1 - alpha)).astype(np.uint8)


def _reduced(image):
    """Scale down a picture that is much larger than its digit needs, antialiased."""
    return image.reduce(max(1, max(image.size) // LARGE))


def _stretched(values):
    """Bring 16-bit and floating-point grey to 0 to 255."""
    # Nothing in a file tells what part of the range a scanner uses: the largest value decides.
    values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0).clip(0)
    largest = float(values.max())
    whole = 255 if 1 < largest <= 255 else max(largest, 1)
    return np.rint(values * (255 / whole)).astype(np.uint8)
