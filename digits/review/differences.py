"""Differences between two machines, from their models/environment.json."""

import json

import pandas as pd


def differences(one, other):
    """List the differences between two JSON files, given as bytes: a line per key."""
    left, right = (
        pd.json_normalize(json.loads(text)).to_dict("records")[0] for text in (one, other)
    )
    return [
        f"{name}: {left.get(name)} / {right.get(name)}"
        for name in sorted(left.keys() | right.keys())
        if left.get(name) != right.get(name)
    ]
