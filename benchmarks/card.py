"""The model card, models/README.md, of the committed figures (Mitchell et al., 2019).

    python -m benchmarks.card

writes it anew. A test compares the page with it.
"""

import json
from pathlib import Path
from string import Template

import pandas as pd

from benchmarks import tables
from digits.command import run
from digits.evaluation.disputed import disputed
from digits.files import replacing

PAGE = Path("models/README.md")
PAIRS = 5  # of digits that are taken for each other most often
TEXT = Template(Path(__file__).with_suffix(".md").read_text(encoding="utf-8"))


def main():
    """Write the page."""
    with replacing() as new:
        new(PAGE).write_text(card(), encoding="utf-8")


def card():
    """Give the text of the page."""
    metrics = json.loads(Path("metrics.json").read_text(encoding="utf-8"))
    predictions = pd.read_csv("plots/predictions.csv")
    wrong = predictions.query("actual != predicted")
    known = disputed(predictions["actual"].to_numpy("uint8"))
    seeds = tables.read_seeds("default")["accuracy"]
    low, high = metrics["accuracy_low"], metrics["accuracy_high"]
    rows = [
        ["accuracy", f"{metrics['accuracy']:.2%}, 95 % interval {low:.3%} to {high:.3%}"],
        *([name, metrics[name.lower()]] for name in ("precision", "recall", "F1")),
        ["ROC AUC", metrics["roc_auc"]],
        ["log loss", f"{metrics['log_loss']} nats"],
        ["calibration error", metrics["calibration_error"]],
    ]
    return TEXT.substitute(
        metrics=tables.markdown(["measure", "value"], rows),
        seeds=len(seeds),
        accuracy=f"{seeds.mean():.3%}",
        lowest=f"{seeds.min():.2%}",
        highest=f"{seeds.max():.2%}",
        pairs=pairs(wrong),
        disputed=wrong["index"].isin(known).sum(),
        errors=len(wrong),
        pages=tables.handwriting(),
        sentence=tables.handwriting_in_a_sentence(),
        corrupted=tables.corruptions_in_a_sentence(),
        corruptions=tables.corruptions(),
        few_images=tables.few_images_in_a_sentence(),
    )


def pairs(wrong):
    """Say which digits are taken for each other most often, whichever of the two is which."""
    both = wrong[["actual", "predicted"]]
    counts = pd.Series([tuple(sorted(pair)) for pair in both.to_numpy().tolist()]).value_counts()
    named = [f"{one} and {other} ({count} times)" for (one, other), count in counts[:PAIRS].items()]
    return f"The digits that it takes for each other most often: {', '.join(named)}."


if __name__ == "__main__":
    run(main, name="card")
