"""What differs between two machines, by what models/environment.json says of them."""

import json

import pandas as pd


def differences(one, other):
    """List what differs, a line each, from the bytes of the one file and of the other."""
    left, right = (
        pd.json_normalize(json.loads(text)).to_dict("records")[0] for text in (one, other)
    )
    return [
        f"{name}: {left.get(name)} / {right.get(name)}"
        for name in sorted(left.keys() | right.keys())
        if left.get(name) != right.get(name)
    ]
