"""MNIST test images with disputed labels: an error on one of them may be a correct prediction."""

import hashlib

# Northcutt, Athalye and Mueller, 2021, "Pervasive label errors in test sets destabilize machine
# learning benchmarks" (labelerrors.com): found by cleanlab, reviewed by people.
DISPUTED = [
    947, 1621, 1901, 2130, 2462, 2597, 2654, 3520, 3558, 5937, 6651, 6783, 8527, 9679, 9729,
]  # fmt: skip
TEST_LABELS = "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5"


def disputed(labels):
    """Return the positions of disputed labels: none unless these are MNIST's test labels, uint8."""
    is_known = hashlib.sha256(labels.tobytes()).hexdigest() == TEST_LABELS
    return DISPUTED if is_known else []
