"""Picture files of every supported kind decode to the same luminance; others give an error."""

import io
import os
import struct
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from digits.errors import UserError
from digits.handwriting import pictures

# Ink in one corner, so that a wrong orientation is detected.
PAGE = np.full((40, 60), 230, np.uint8)
PAGE[4:14, 4:30] = 20
INK = PAGE < 128
TOLERANCE = 6  # levels, for lossy compression and conversion


def encoded(image, kind, **options):
    """Encode an image as the bytes of a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def grey():
    """Return the page as a grey image."""
    return Image.fromarray(PAGE)


def rgba(ink_level, *, page=None):
    """Draw ink on a transparent page, or on a page that is opaque except for its rim."""
    alpha = np.where(INK, 255, 0).astype(np.uint8)
    level = np.full(PAGE.shape, ink_level, np.uint8)
    if page is not None:
        alpha[2:-2, 2:-2] = 255
        level = np.where(INK, ink_level, page).astype(np.uint8)
    return Image.fromarray(np.dstack([level, level, level, alpha]))


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("mode", ["L", "RGB", "P", "CMYK"])
def test_kinds_and_modes(kind, mode):
    """Each format, in each mode that it supports, decodes to the page."""
    options = {"quality": 95} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    image = grey().convert("RGB")
    image = image.quantize() if mode == "P" else image.convert(mode)
    try:
        content = encoded(image, kind, **options)
    except (OSError, ValueError):
        pytest.skip(f"{kind} has no mode {mode}")
    result = pictures.decode(content).grey
    assert result.dtype == np.uint8
    assert result.shape == PAGE.shape
    np.testing.assert_allclose(result.astype(int), PAGE, atol=TOLERANCE + 20 * (kind == "JPEG"))


def test_colours_become_luminance():
    """Red, green and blue have the weights of ITU-R 601."""
    image = Image.fromarray(np.uint8([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]))
    np.testing.assert_array_equal(pictures.decode(encoded(image, "PNG")).grey, [[76, 150, 29]])


def test_one_bit():
    """Black is 0 and white is 255."""
    image = grey().convert("1", dither=Image.Dither.NONE)
    result = pictures.decode(encoded(image, "PNG")).grey
    np.testing.assert_array_equal(result, np.where(INK, 0, 255))


@pytest.mark.parametrize("largest", [255, 4095, 65535])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_16_bit_grey(kind, largest):
    """Values of 8, 12 or 16 bits in a 16-bit file decode with full contrast."""
    values = np.where(INK, 0.1 * largest, largest).astype(np.uint16)
    result = pictures.decode(encoded(Image.fromarray(values), kind)).grey
    np.testing.assert_allclose(result.astype(int), np.where(INK, 25, 255), atol=1)


@pytest.mark.parametrize("largest", [1.0, 255.0, 1e6])
def test_floating_point_grey(largest):
    """Floats up to 1, up to 255 or larger are scaled to 0 to 255."""
    values = np.where(INK, 0.1 * largest, largest).astype(np.float32)
    values[30, 30:32] = np.nan, -5
    result = pictures.decode(encoded(Image.fromarray(values), "TIFF")).grey
    np.testing.assert_array_equal(result[30, 30:32], 0)
    expected = np.where(INK, 25, 255)
    expected[30, 30:32] = 0
    np.testing.assert_allclose(result.astype(int), expected, atol=1)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("level", [0, 60, 200, 255])
def test_transparent_page(kind, level):
    """Dark ink on a transparent page gets white paper, light ink black paper."""
    options = {"lossless": True} if kind == "WEBP" else {}
    result = pictures.decode(encoded(rgba(level), kind, **options)).grey.astype(int)
    paper = 0 if level > 127 else 255
    np.testing.assert_allclose(result, np.where(INK, level, paper), atol=1)


@pytest.mark.parametrize(("ink", "page", "rim"), [(0, 255, 255), (255, 0, 0), (30, 200, 255)])
def test_transparent_rim(ink, page, rim):
    """A page with a transparent rim is extended by paper, without a frame."""
    result = pictures.decode(encoded(rgba(ink, page=page), "PNG")).grey
    assert (result[:2] == rim).all()
    assert (result[20:38, 10:50] == page).all()


def test_all_transparent_is_blank():
    """A fully transparent picture is a white page."""
    image = Image.fromarray(np.zeros((5, 5, 4), np.uint8))
    assert (pictures.decode(encoded(image, "PNG")).grey == 255).all()


@pytest.mark.parametrize(
    "image",
    [rgba(0).convert("LA"), rgba(0).quantize(4)],
    ids=["LA", "palette"],
)
def test_transparency_of_other_modes(image):
    """Grey with alpha and palettes with a transparent colour get paper too."""
    result = pictures.decode(encoded(image, "PNG")).grey
    np.testing.assert_array_equal(result < 128, INK)


@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_rotation_is_applied(turn):
    """Every EXIF orientation is turned upright."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = grey() if turn == 1 else grey().transpose(undo[turn])
    exif = Image.Exif()
    exif[0x0112] = turn
    result = pictures.decode(encoded(image, "JPEG", quality=95, exif=exif)).grey
    np.testing.assert_array_equal(result < 128, INK)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_first_frame_of_an_animation(kind):
    """The first of several frames is decoded, and all are counted."""
    others = [Image.fromarray(np.full_like(PAGE, level)) for level in (255, 100)]
    options = {"lossless": True} if kind == "WEBP" else {}
    content = encoded(grey(), kind, save_all=True, append_images=others, **options)
    first, frames = pictures.decode(content)
    np.testing.assert_allclose(first.astype(int), PAGE, atol=TOLERANCE)
    assert frames == 3
    assert pictures.decode(encoded(grey(), kind)).frames == 1


def test_large_pictures_are_scaled_down():
    """A large scan is reduced to about 2048 pixels, with its ink in the same place."""
    large = Image.fromarray(PAGE).resize((6000, 4000), Image.Resampling.NEAREST)
    for kind in ("PNG", "JPEG"):
        result = pictures.decode(encoded(large, kind)).grey
        assert 1024 < max(result.shape) < 4096
        small = Image.fromarray(result).resize((60, 40), Image.Resampling.BOX)
        np.testing.assert_allclose(np.asarray(small, int), PAGE, atol=3)


def png_header(width, height):
    """Make a PNG with a large size in its header and hardly any data."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(100)))
        + chunk(b"IEND", b"")
    )


WHOLE = encoded(grey(), "PNG")
BAD = {
    "nothing": (b"", "an empty file"),
    "text": (b"Not a picture\n" * 50, "not a whole picture of a known kind"),
    "a zip": (b"PK\x03\x04" + bytes(100), "not a whole picture of a known kind"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a whole picture of a known kind"),
    "only a signature": (WHOLE[:8], "not a whole picture of a known kind"),
    "cut in the header": (WHOLE[:20], "a damaged or truncated picture"),
    "cut in the middle": (WHOLE[: len(WHOLE) // 2], "a damaged or truncated picture"),
    "cut JPEG": (encoded(grey(), "JPEG")[:-80], "a damaged or truncated picture"),
    "no pixels": (png_header(0, 0), "not a whole picture of a known kind"),
    "30,000 by 30,000": (png_header(30_000, 30_000), "too large: more than 89,478,485 pixels"),
    "10,000 by 10,000": (png_header(10_000, 10_000), "too large: 10,000 by 10,000 pixels"),
    "claims more than it holds": (png_header(3000, 3000), "a damaged or truncated picture"),
}


@pytest.mark.parametrize(("content", "says"), BAD.values(), ids=BAD)
def test_bad_files(content, says):
    """A bad file is an error of one line, without a warning from Pillow."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserError) as caught:
            pictures.decode(content)
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


def test_decompression_bomb(monkeypatch):
    """A picture that is too large is rejected by its header, before any pixel is decoded."""

    def decoded(*_):
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", decoded)
    for side in (10_000, 30_000):
        with pytest.raises(UserError, match="too large"):
            pictures.decode(png_header(side, side))


def test_too_many_bytes(monkeypatch):
    """Reading an endless file stops at the limit."""
    monkeypatch.setattr(pictures, "MAX_BYTES", 1000)
    with pytest.raises(UserError, match="too large: more than 1,000 bytes"):
        pictures.read("/dev/zero")


def test_read_a_file(tmp_path):
    """The content of a file decides its kind, not its name."""
    path = tmp_path / "a page.txt"
    path.write_bytes(WHOLE)
    np.testing.assert_array_equal(pictures.read(path).grey, PAGE)


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    """A missing file, a folder, an unreadable file and an invalid name are errors of one line."""
    with pytest.raises(UserError, match="^No such file or directory$"):
        pictures.read(tmp_path / "missing.png")
    with pytest.raises(UserError, match="^Is a directory$"):
        pictures.read(tmp_path)
    with pytest.raises(UserError, match="^no such file$"):
        pictures.read("a\0b.png")

    def forbidden(*_):  # permissions do not stop root, who may run the tests
        raise PermissionError(13, os.strerror(13), "secret.png")

    monkeypatch.setattr("builtins.open", forbidden)
    with pytest.raises(UserError, match="^Permission denied$"):
        pictures.read("secret.png")


SEEDS = [
    WHOLE,
    encoded(grey(), "JPEG"),
    encoded(grey(), "GIF"),
    encoded(grey(), "BMP"),
    encoded(grey(), "TIFF"),
    encoded(grey(), "TIFF", compression="tiff_lzw"),
    encoded(grey().convert("RGB"), "WEBP"),
    encoded(rgba(0), "PNG"),
]


def check_any(content):
    """Check that bytes decode or give an error of one line, without a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            result = pictures.decode(content).grey
        except UserError as error:
            assert "\n" not in str(error)
        else:
            assert result.dtype == np.uint8
            assert result.ndim == 2


@given(
    content=st.binary(max_size=200),
    start=st.sampled_from([0, 4, 16, 40]),
    seed=st.sampled_from(SEEDS),
)
def test_any_bytes(content, start, seed):
    """Random bytes, with or without the start of a picture, decode or give an error."""
    check_any(seed[:start] + content)


@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), min_size=1, max_size=8),
    cut=st.integers(0, 60),
)
def test_damaged_files(seed, changes, cut):
    """Pictures with changed or missing bytes decode or give an error."""
    content = bytearray(seed)
    for position, value in changes:
        content[position % len(content)] = value
    check_any(bytes(content[: len(content) - cut]))
