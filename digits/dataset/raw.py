"""The raw files in pairs, as they were fetched: images with their labels."""

from digits.dataset import idx
from digits.dataset.arrays import check_pair


def read_pair(folder, part):
    """Map the images and labels of a part and check that they fit.

    Args:
        folder: a ``pathlib.Path`` that holds :data:`digits.dataset.idx.FILES`.
        part: ``train`` or ``test``.

    Returns:
        images, uint8 (n, height, width), and labels, uint8 (n,).

    Raises:
        UserError: a file is damaged, or the two do not fit.
        OSError: one cannot be read.
    """
    images, labels = (folder / idx.FILES[f"{part}_{kind}"] for kind in ("images", "labels"))
    pair = idx.read(images, dimensions=3), idx.read(labels, dimensions=1)
    check_pair(*pair, where=f"{images} and {labels.name}")
    return pair
