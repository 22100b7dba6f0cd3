"""Training images and their augmented copies."""

from digits.evaluation.figures import saved_as
from digits.evaluation.figures.grid import image_grid


@saved_as("Augmented_images")
def augmented_figure(results):
    """Draw some training images, each followed by its augmented copies."""
    count, columns, *size = results.augmented.shape
    return image_grid(
        results.augmented.reshape(-1, *size) * 255,
        ["original", *["augmented"] * (columns - 1)] * count,
        title="Training images, as the network sees them",
    )
