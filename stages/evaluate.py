"""model and validation arrays -> metrics.json, tables and pictures of what it got right."""

import stages.tensorflow_quietly  # noqa: F401, before anything that imports TensorFlow

# isort: split
import json
from pathlib import Path

from digits import model
from digits.command import run
from digits.dataset import load_pair
from digits.figures import style
from digits.figures.calibration import calibration_figure
from digits.figures.confusion import confusion_figure
from digits.figures.predictions import first_figure, mistakes_figure
from digits.figures.roc import roc_figure
from digits.files import replacing
from digits.scoring import (
    calibration_bins,
    confusion,
    normalized,
    predictions_table,
    report,
    roc_curves,
    rounded,
    score,
)

PLOTS = Path("plots")


def main():
    """Score the model on the validation images and write all outputs together."""
    images, labels = load_pair(Path("data/prepared"), "validation")
    probabilities = normalized(model.predict(model.load(Path("models/mnist.keras")), images))
    metrics = score(labels, probabilities)
    predictions = predictions_table(labels, probabilities)
    by_class = report(labels, predictions["predicted"])
    curves = roc_curves(labels, probabilities)
    figures = {
        "Confusion_Matrix.png": confusion_figure(confusion(labels, predictions["predicted"])),
        "First_25_images.png": first_figure(images, predictions),
        "Incorrectly_classified_images.png": mistakes_figure(images, predictions),
        "ROC_curves.png": roc_figure(curves),
        "Calibration.png": calibration_figure(
            calibration_bins(labels, probabilities), error=metrics["calibration_error"]
        ),
    }
    with replacing(
        Path("metrics.json"),
        PLOTS / "classification_report.csv",
        PLOTS / "predictions.csv",
        *(PLOTS / name for name in figures),
    ) as (metrics_file, report_file, predictions_file, *figure_files):
        metrics_file.write_text(json.dumps(rounded(metrics), indent=2) + "\n", encoding="utf-8")
        for table, file in ((by_class, report_file), (predictions, predictions_file)):
            table.to_csv(file, index=False, float_format="%.4f", lineterminator="\n")
        for figure, file in zip(figures.values(), figure_files, strict=True):
            style.save(figure, file)
    print(by_class.to_string(index=False, float_format="%.4f"))
    print(
        f"evaluate: {metrics['errors']} errors in {len(labels)} images, accuracy"
        f" {metrics['accuracy']:.2%} (95 % interval: {metrics['accuracy_low']:.2%} to"
        f" {metrics['accuracy_high']:.2%})"
    )
    if len(curves) < model.CLASSES:
        print(f"evaluate: ROC AUC is over the digits that occur: {', '.join(map(str, curves))}")


if __name__ == "__main__":
    run(main, name="evaluate")
