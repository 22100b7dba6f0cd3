"""model, history and arrays -> metrics.json, tables and figures."""

import json
from pathlib import Path

import pandas as pd

from digits.atomic_write import atomic_write
from digits.cli import run
from digits.dataset.arrays import CLASSES, load_pair
from digits.errors import UserError
from digits.evaluation import scoring
from digits.evaluation.figures import Results, all_figures
from digits.evaluation.figures.style import save
from digits.network import model
from digits.network.augment import examples
from digits.packages import imported, warn
from digits.params import read_params

PREPARED, PLOTS = Path("data/prepared"), Path("plots")


def main():
    """Score the model on the validation images and write all outputs together."""
    params = read_params()
    history = read_history(PLOTS / "history.csv")
    training_images, training_labels = load_pair(PREPARED, "train")
    images, labels = load_pair(PREPARED, "validation")
    trained = model.load(Path("models/mnist.keras"))
    probabilities = model.predict(trained, images, shifts=params.evaluate.shifts)
    metrics = scoring.score(labels, probabilities)
    predictions = scoring.predictions_table(labels, probabilities)
    report = scoring.report(labels, predictions["predicted"])
    results = Results(
        images=images,
        labels=labels,
        probabilities=probabilities,
        predictions=predictions,
        history=history,
        augmented=examples(
            training_images[:4],
            training_labels[:4],
            copies=4,
            seed=params.train.seed,
            augment=params.augment,
            background=params.network.background,
        ),
    )
    with atomic_write() as new:
        text = json.dumps(scoring.rounded(metrics), indent=2) + "\n"
        new("metrics.json").write_text(text, encoding="utf-8")
        for name, table in {"classification_report": report, "predictions": predictions}.items():
            file = new(PLOTS / f"{name}.csv")
            table.to_csv(file, index=False, float_format="%.4f", lineterminator="\n")
        for name, draw in all_figures().items():
            save(new(PLOTS / f"{name}.png"), draw, results)
        packages = json.dumps({"packages": imported()}, indent=2) + "\n"
        new(PLOTS / "packages.json").write_text(packages, encoding="utf-8")
    warn("evaluate")
    print(report.to_string(index=False, float_format="%.4f"))
    print(
        f"evaluate: {metrics['errors']} errors in {len(labels)} images, accuracy"
        f" {metrics['accuracy']:.2%} (95 % interval: {metrics['accuracy_low']:.2%} to"
        f" {metrics['accuracy_high']:.2%})"
    )
    curves = scoring.roc_curves(labels, probabilities)
    if len(curves) < CLASSES:
        print(f"evaluate: ROC AUC is over the digits that occur: {', '.join(map(str, curves))}")


def read_history(path):
    """Read the table that ``train`` wrote; UserError if it is damaged."""
    try:
        history = pd.read_csv(path)
        history[["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]].iloc[-1].astype(float)
    except (ValueError, LookupError) as error:
        raise UserError(f"{path}: damaged; dvc repro train writes it again") from error
    return history


if __name__ == "__main__":
    run(main, name="evaluate")
