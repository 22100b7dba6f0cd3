"""What differs between two descriptions of machines, as models/environment.json holds them."""


def differences(one, other, *, prefix=""):
    """List what differs, a line each: name, the one's value, the other's.

    Args:
        one: dict of JSON values, dicts among them.
        other: the same.
        prefix: what the names begin with.
    """
    lines = []
    for name in sorted(one.keys() | other.keys()):
        left, right = one.get(name), other.get(name)
        if isinstance(left, dict) and isinstance(right, dict):
            lines += differences(left, right, prefix=f"{prefix}{name}.")
        elif left != right:
            lines.append(f"{prefix}{name}: {left} / {right}")
    return lines
