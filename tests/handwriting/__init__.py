from digits.handwriting.normalize import candidates


def normalize(grey):
    """Return the image of the most likely candidate: uint8 (28, 28)."""
    return candidates(grey)[0].image
