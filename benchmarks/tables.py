"""The committed results as Markdown tables, for the documentation.

`make docs` puts them into the pages, `make lint` checks that they are there. Both run in an
environment that has pandas and ruamel.yaml, but no TensorFlow.
"""

import math
import re
from pathlib import Path

import pandas as pd
from ruamel.yaml import YAML

from digits.evaluation.disputed import disputed

ROOT = Path(__file__).parent.parent
OURS, BALANCED, QUICK = "ours, default", "ours, balanced", "ours, quick"
EXAMPLE = "keras.io example"
UNAUGMENTED = "ours, without augmentation"
PREDICT = "digits.predict"
READERS = [OURS, UNAUGMENTED, EXAMPLE, PREDICT]  # of corrupted images
UNLIKE = ["brightness", "fog", "stripe", "spatter"]  # corruptions that no augmentation resembles
SEEDS = {  # recipe: name of its CSV
    "default": "seeds", "balanced": "seeds_balanced", "quick": "seeds_quick",
}  # fmt: skip
COMMANDS = {"default": "make repro", "balanced": "make balanced", "quick": "make quick"}
MEANINGS = {
    "accuracy": "share of images classified correctly",
    "accuracy_low": "lower end of its 95% Wilson interval",
    "accuracy_high": "upper end of that interval",
    "errors": "images classified incorrectly",
    "precision": "mean over the ten digits",
    "recall": "mean over the ten digits",
    "f1": "mean over the ten digits",
    "roc_auc": "each digit against the rest, mean over the ten digits",
    "log_loss": "cross-entropy, in nats",
    "brier": "squared error of the probabilities, from 0 to 2",
    "calibration_error": "mean distance of confidence from accuracy, 15 bins of equal size",
}
MAIN = {
    "accuracy": "accuracy", "precision": "precision", "recall": "recall", "f1": "F1",
    "roc_auc": "ROC AUC",
}  # fmt: skip
TRAINING_IMAGES = 60_000
PAIRS = 5  # of digits that are confused most often


def markdown(rows, columns):
    """Lay out a DataFrame, with the blank lines that Markdown needs between it and a comment.

    ``columns`` maps a heading to the template of its cells, which names columns of the DataFrame.
    A template with a format specification is a number and aligned right. A cell with a missing
    value shows a dash.
    """
    cells = [
        [re.sub(r".*\bnan\b.*", "–", template.format(**row)) for template in columns.values()]
        for row in rows.to_dict("records")
    ]
    rule = ["--:" if ":" in template else "---" for template in columns.values()]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in [columns, rule, *cells])


def read(name):
    """Read a CSV of benchmarks/results; a dot in a heading, which templates forbid, becomes _."""
    table = pd.read_csv(ROOT / "benchmarks/results" / f"{name}.csv", dtype={"key": str})
    return table.rename(columns=lambda heading: heading.replace(".", "_"))


def machine(name):
    """Name the machine that a CSV of benchmarks/results was measured on."""
    (found,) = read(name)["machine"].dropna().unique()
    return f"\nMachine: {found}\n"


def read_yaml(name):
    """Read a file of the project, YAML or JSON: a dict."""
    return YAML(typ="safe").load(ROOT / name)


def metrics():
    """Show every metric of metrics.json."""
    rows = [(name, value, MEANINGS[name]) for name, value in read_yaml("metrics.json").items()]
    table = pd.DataFrame(rows, columns=["name", "value", "meaning"])
    return markdown(table, {"metric": "`{name}`", "value": "{value:g}", "": "{meaning}"})


def main_metrics():
    """Show accuracy, precision, recall, F1 and ROC AUC."""
    values = read_yaml("metrics.json")
    rows = [{"name": name, "value": values[key]} for key, name in MAIN.items()]
    return markdown(pd.DataFrame(rows), {"metric": "{name}", "value": "{value:g}"})


def confusions():
    """Show the pairs of digits that are confused most often, and what is known of all errors."""
    predictions = pd.read_csv(ROOT / "plots/predictions.csv")
    wrong = predictions.query("actual != predicted")
    pair = wrong[["actual", "predicted"]]
    counts = wrong.groupby([pair.min(axis=1), pair.max(axis=1)]).size()
    often = counts.sort_values(ascending=False, kind="stable")[:PAIRS]
    rows = {f"{one} and {other}": count for (one, other), count in often.items()}
    known = disputed(predictions["actual"].to_numpy("uint8"))
    rows |= {"all errors": len(wrong), "with a disputed label": wrong["index"].isin(known).sum()}
    table = pd.DataFrame(rows.items(), columns=["digits", "errors"])
    return markdown(table, {"digits": "{digits}", "errors": "{errors:d}"})


def layers():
    """Show the layers of the network that params.yaml describes."""
    network = read_yaml("params.yaml")["network"]
    side, channels, units, rows = 28, 1, 128, []
    if width := network["background"]:
        rows.append(("background", f"removes what is wider than {width} pixels", (28, 28, 1), 0))
    sizes = zip(network["filters"], network["kernel_sizes"], strict=True)
    for number, (filters, kernel) in enumerate(sizes, start=1):
        what = f"{filters} filters of {kernel} × {kernel}, ReLU"
        weights = (kernel**2 * channels + 1) * filters
        rows.append((f"convolution_{number}", what, (side, side, filters), weights))
        side, channels = math.ceil(side / 2), filters
        rows.append((f"pooling_{number}", "maximum of 2 × 2", (side, side, channels), 0))
    flat = side**2 * channels
    rows += [
        ("flatten", "", (flat,), 0),
        ("dense", f"{units} units, ReLU", (units,), (flat + 1) * units),
        ("dropout", f"{network['dropout']:.0%} of the units in training", (units,), 0),
        ("probabilities", "10 units, softmax", (10,), (units + 1) * 10),
    ]
    rows.append(("total", "", (), sum(weights for *_, weights in rows)))
    table = pd.DataFrame(rows, columns=["layer", "what", "shape", "weights"])
    table["shape"] = table["shape"].map(lambda shape: " × ".join(map(str, shape)))
    columns = {
        "layer": "{layer}", "": "{what}", "output shape": "{shape}", "parameters": "{weights:,}",
    }  # fmt: skip
    return markdown(table, columns)


def read_seeds(recipe):
    """Read the runs of a recipe that were made by the last code and settings."""
    table = read(SEEDS[recipe])
    return table[table["key"] == table["key"].iloc[-1]]


def summarize(tables):
    """Summarize runs with several seeds, a dict from a name to a DataFrame with a row per seed.

    The result has a row per name: the means; number of seeds; lowest accuracy and its deviation.
    """
    return pd.DataFrame(
        table.mean(numeric_only=True).to_dict()
        | {"name": name, "seeds": len(table)}
        | {"lowest": table["accuracy"].min(), "deviation": table["accuracy"].std()}
        for name, table in tables.items()
    )


def presets():
    """Show command, accuracy and training time of each preset.

    The accuracy is the mean over the seeds. The time is that of all epochs at the rate that was
    measured on an idle machine; the seeds were not timed on one.
    """
    table = summarize({recipe: read_seeds(recipe) for recipe in COMMANDS})
    changes = {"default": read_yaml("params.yaml")} | read_yaml("experiments/recipes.yaml")
    rates = read("compare").set_index("contender")["images_per_second"]
    table["command"] = COMMANDS.values()
    table["epochs"] = [changes[name]["train"]["epochs"] for name in COMMANDS]
    rate = rates["ours, " + table["name"]].to_numpy()
    table["seconds"] = table["epochs"] * TRAINING_IMAGES / rate
    columns = {
        "preset": "{name}", "command": "`{command}`", "epochs": "{epochs:d}",
        "accuracy": "{accuracy:.2%}", "training time": "{seconds:.0f} s",
    }  # fmt: skip
    return markdown(table, columns) + machine("compare").replace("Machine", "Training time on")


def seeds():
    """Show the mean over the seeds of each recipe."""
    columns = {
        "recipe": "{name}", "seeds": "{seeds:d}", "accuracy": "{accuracy:.3%}",
        "standard deviation": "{deviation:.3%}", "lowest": "{lowest:.2%}", "errors": "{errors:.1f}",
        "log loss": "{log_loss:.4f}", "errors, single prediction": "{errors_unshifted:.1f}",
        "log loss, single prediction": "{log_loss_unshifted:.4f}",
    }  # fmt: skip
    table = summarize({recipe: read_seeds(recipe) for recipe in SEEDS})
    return markdown(table, columns) + machine("seeds")


def few_images():
    """Show the accuracy by the number of training images."""
    tables = dict(list(read("few_images").groupby("recipe", sort=False)))
    table = summarize(tables | {"60,000 images": read_seeds("default")})
    columns = {
        "trained on": "{name}", "seeds": "{seeds:d}", "accuracy": "{accuracy:.2%}",
        "lowest": "{lowest:.2%}", "errors": "{errors:.0f}",
    }  # fmt: skip
    return markdown(table, columns)


def comparison():
    """Show the speed of our training and of the alternatives."""
    columns = {
        "": "{contender}", "training, images/s": "{images_per_second:,.0f}",
        "time to 99.0%": "{seconds_to_99_0:.0f} s", "time to 99.5%": "{seconds_to_99_5:.0f} s",
        "seeds": "{courses:d}",
        "prediction, images/s, batch of 1": "{predictions_per_second_batch_1:,.0f}",
        "batch of 1,000": "{predictions_per_second_batch_1000:,.0f}",
        "share of peak": "{share_of_matrix_product:.0%}",
    }  # fmt: skip
    return markdown(read("compare"), columns) + machine("compare")


def growth():
    """Show time and memory by the number of training images."""
    columns = {
        "training images": "{images:,}", "on disk": "{arrays_megabytes:,} MB",
        "batches": "{batches:,}", "time to first batch": "{seconds_to_first_steps:.1f} s",
        "time per image": "{microseconds_per_image:.0f} µs", "peak memory": "{peak_megabytes:,} MB",
    }  # fmt: skip
    return markdown(read("growth"), columns) + machine("growth")


def formats():
    """Show how the exported formats compare with Keras."""
    table = read("formats")
    columns = {
        "format": "{format}", "size": "{megabytes:.1f} MB",
        "other predictions": "{other_predictions:d}",
        "largest difference": "{largest_difference:.1g}",
        "images/s, batch of 1": "{images_per_second_batch_1:,}",
        "batch of 1,000": "{images_per_second_batch_1000:,}",
    }  # fmt: skip
    return markdown(table.assign(megabytes=table["bytes"] / 1e6), columns) + machine("formats")


def page():
    """Show what the page of the site costs a browser."""
    columns = {
        "first answer": "{seconds:.1f} s", "loaded": "{megabytes:.1f} MB",
        "as gzip": "{compressed:.1f} MB", "each reading": "{milliseconds:.0f} ms",
    }  # fmt: skip
    table = read("page")
    table = table.assign(megabytes=table["bytes"] / 1e6, compressed=table["bytes_gzip"] / 1e6)
    return markdown(table, columns) + machine("page")


def corruptions():
    """Show the accuracy on corrupted images by kind, its mean, and that over some kinds."""
    table = read("corruptions").set_index("corruption")
    kinds = table.drop(index="none")
    table.loc[f"mean of the {len(kinds)}"] = kinds.mean(numeric_only=True)
    table.loc[f"mean of {', '.join(UNLIKE)}"] = kinds.loc[UNLIKE].mean(numeric_only=True)
    table = table.reset_index()
    columns = {"corruption": "{corruption}"}
    columns |= {name: f"{{{name.replace('.', '_')}:.1%}}" for name in READERS}
    columns[f"{PREDICT}, wrong without `?`"] = "{unmarked:.1%}"
    return markdown(table, columns) + machine("corruptions")


def handwriting():
    """Show the accuracy of `digits.predict` on drawn pictures by group."""
    table = read("handwriting").dropna(subset="accuracy")
    by_group = table.pivot_table("accuracy", index="group", columns="digits", sort=False)
    columns = {
        "pictures": "{group}", "handwriting": "{handwriting:.1%}", "fonts": "{fonts:.1%}",
    }  # fmt: skip
    return markdown(by_group.reset_index(), columns)


def not_digits():
    """Show how often `digits.predict` marks an answer, on drawn digits and on what is no digit."""
    table = read("handwriting").set_index("group")[["pictures", "unsure", "sure_wrong", "accuracy"]]
    others = table[table["accuracy"].isna()]
    others.loc["drawn digits"] = table.dropna().sum()
    columns = {
        "": "{group}", "pictures": "{pictures:,.0f}", "marked `?`": "{unsure:,.0f}",
        "wrong without `?`": "{sure_wrong:,.0f}",
    }  # fmt: skip
    return markdown(others.reset_index(), columns)


def sweep():
    """Show what the committed sweep found."""
    columns = {
        "recipe": "{recipe}", "runs": "{runs:d}", "errors": "{errors:.1f}",
        "standard deviation": "{errors_deviation:.1f}", "log loss": "{log_loss:.4f}",
        "seconds": "{seconds:.0f}", "difference in errors": "{difference:+.1f}",
        "95% interval": "{low:+.1f} to {high:+.1f}", "verdict": "{verdict}",
    }  # fmt: skip
    return markdown(pd.read_csv(ROOT / "experiments/sweep_table.csv"), columns)
