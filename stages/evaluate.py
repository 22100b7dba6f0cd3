"""model, history and arrays -> metrics.json, tables and pictures of what was learned."""

import json
from pathlib import Path

import pandas as pd

from digits.command import run
from digits.dataset.arrays import CLASSES, load_pair
from digits.errors import UserError
from digits.evaluation import scoring
from digits.evaluation.disputed import disputed
from digits.evaluation.figures import style
from digits.evaluation.figures.calibration import calibration_figure
from digits.evaluation.figures.confusion import confusion_figure
from digits.evaluation.figures.curves import curve
from digits.evaluation.figures.predictions import first_figure, mistakes_figure
from digits.evaluation.figures.roc import roc_figure
from digits.evaluation.figures.warps import warps_figure
from digits.files import replacing
from digits.network import model
from digits.params import read_params

PREPARED, PLOTS = Path("data/prepared"), Path("plots")


def main():
    """Score the model on the validation images and write all outputs together."""
    params = read_params()
    history = read_history(PLOTS / "history.csv")
    training_images, _ = load_pair(PREPARED, "train")
    images, labels = load_pair(PREPARED, "validation")
    trained = model.load(Path("models/mnist.keras"))
    probabilities = model.predict(trained, images, shifts=params.evaluate.shifts)
    metrics = scoring.score(labels, probabilities)
    predictions = scoring.predictions_table(labels, probabilities)
    report = scoring.report(labels, predictions["predicted"])
    curves = scoring.roc_curves(labels, probabilities)
    matrix = scoring.confusion(labels, predictions["predicted"])
    bins = scoring.calibration_bins(labels, probabilities)
    figures = {
        "accuracy": curve(history, "accuracy"),
        "loss": curve(history, "loss"),
        "Augmented_images": warps_figure(
            training_images, seed=params.train.seed, augment=params.augment
        ),
        "Confusion_Matrix": confusion_figure(matrix),
        "First_25_images": first_figure(images, predictions),
        "Incorrectly_classified_images": mistakes_figure(
            images, predictions, disputed=disputed(labels)
        ),
        "ROC_curves": roc_figure(curves),
        "Calibration": calibration_figure(bins, error=metrics["calibration_error"]),
    }
    with replacing() as new:
        text = json.dumps(scoring.rounded(metrics), indent=2) + "\n"
        new("metrics.json").write_text(text, encoding="utf-8")
        for name, table in {"classification_report": report, "predictions": predictions}.items():
            file = new(PLOTS / f"{name}.csv")
            table.to_csv(file, index=False, float_format="%.4f", lineterminator="\n")
        for name, figure in figures.items():
            style.save(figure, new(PLOTS / f"{name}.png"))
    print(report.to_string(index=False, float_format="%.4f"))
    print(
        f"evaluate: {metrics['errors']} errors in {len(labels)} images, accuracy"
        f" {metrics['accuracy']:.2%} (95 % interval: {metrics['accuracy_low']:.2%} to"
        f" {metrics['accuracy_high']:.2%})"
    )
    if len(curves) < CLASSES:
        print(f"evaluate: ROC AUC is over the digits that occur: {', '.join(map(str, curves))}")


def read_history(path):
    """Read the table that ``train`` wrote; UserError if it is damaged."""
    try:
        history = pd.read_csv(path)
        history[["epoch", "loss", "accuracy", "val_loss", "val_accuracy"]].iloc[-1].astype(float)
    except (ValueError, LookupError) as error:
        raise UserError(f"{path}: damaged; dvc repro train writes it anew") from error
    return history


if __name__ == "__main__":
    run(main, name="evaluate")
