"""Metrics of a classifier, computed from its probabilities.

In all functions, ``labels`` are the actual digits, uint8 (n,), n at least 1; ``predicted`` are the
predicted digits, int64 (n,); and ``probabilities`` are float64 (n, 10), whose rows sum to 1.
"""

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from digits.dataset.arrays import CLASSES

# scikit-learn is imported by each function that needs it, because it changes os.environ.
BINS = 15  # of the calibration error


def score(labels, probabilities):
    """Compute all metrics in ``metrics.json``, unrounded: a dict of floats, but errors is an int.

    - accuracy, and accuracy_low and accuracy_high, its 95 % Wilson score interval
    - errors: number of wrong predictions
    - precision, recall, f1: unweighted means over the classes that occur
    - roc_auc: one class against the rest, mean over :func:`roc_curves`; nan if there is none
    - log_loss: in nats
    - brier: squared error summed over the classes (Brier, 1950), from 0 to 2
    - calibration_error: see :func:`calibration_error`
    """
    from sklearn import metrics

    predicted = probabilities.argmax(axis=1)
    correct = int((predicted == labels).sum())
    low, high = wilson_interval(correct, len(labels))
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        labels, predicted, labels=np.unique(labels), average="macro", zero_division=0
    )
    areas = [area for _, _, area in roc_curves(labels, probabilities).values()]
    classes = range(CLASSES)
    brier = metrics.brier_score_loss(labels, probabilities, labels=classes, scale_by_half=False)
    return {
        "accuracy": correct / len(labels),
        "accuracy_low": low,
        "accuracy_high": high,
        "errors": len(labels) - correct,
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "roc_auc": float(np.mean(areas)) if areas else float("nan"),
        "log_loss": float(metrics.log_loss(labels, probabilities, labels=classes)),
        "brier": float(brier),
        "calibration_error": calibration_error(calibration_bins(labels, probabilities)),
    }


def wilson_interval(correct, count):
    """Return the 95 % Wilson score interval of a proportion (Wilson, 1927), two floats."""
    interval = binomtest(correct, count).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def roc_curves(labels, probabilities):
    """Compute the ROC curve of each class that occurs, unless it is the only one.

    Returns a dict from the class to its false positive rates and true positive rates, both float64
    (points,), ascending, and the area under its curve.
    """
    from sklearn import metrics

    curves = {}
    for digit in np.unique(labels):
        actual = labels == digit
        if not actual.all():
            scores = probabilities[:, digit]
            false_rate, true_rate, _ = metrics.roc_curve(actual, scores)
            area = metrics.roc_auc_score(actual, scores)
            curves[int(digit)] = (false_rate, true_rate, float(area))
    return curves


def calibration_bins(labels, probabilities):
    """Sort the images by confidence and divide them into 15 bins of equal mass.

    Returns a DataFrame with a row per bin, by ascending confidence. Columns: confidence (mean),
    accuracy, low and high (its 95 % Wilson interval), all float64, and count, int64. Fewer than 15
    images have one bin each.
    """
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    order = np.argsort(confidence, kind="stable")
    rows = []
    for members in np.array_split(order, min(BINS, len(order))):
        low, high = wilson_interval(int(correct[members].sum()), len(members))
        rows.append(
            {
                "confidence": confidence[members].mean(),
                "accuracy": correct[members].mean(),
                "low": low,
                "high": high,
                "count": len(members),
            }
        )
    return pd.DataFrame(rows)


def calibration_error(bins):
    """Compute the expected calibration error (Naeini et al., 2015).

    It is the difference between accuracy and confidence in each of :func:`calibration_bins`,
    averaged over the images. Bins have equal mass (Nguyen and O'Connor, 2015), because most bins of
    equal width would be empty when nearly all predictions are confident.
    """
    distance = (bins["accuracy"] - bins["confidence"]).abs()
    return float(np.average(distance, weights=bins["count"]))


def report(labels, predicted):
    """Tabulate precision, recall, F1 and support.

    Returns a DataFrame with a row for each class that occurs, one for their unweighted mean (macro
    average) and one for their mean weighted by support. Columns: class (text), precision, recall,
    f1 (float64), support (int64).
    """
    from sklearn import metrics

    table = metrics.classification_report(
        labels, predicted, labels=np.unique(labels), output_dict=True, zero_division=0
    )
    frame = pd.DataFrame(table).T.drop(index=["accuracy", "micro avg"], errors="ignore")
    names = {"macro avg": "macro average", "weighted avg": "weighted average", "f1-score": "f1"}
    frame = frame.rename(index=names, columns=names).astype({"support": int})
    return frame.rename_axis("class").reset_index()


def confusion(labels, predicted):
    """Return the confusion matrix, int64 (10, 10): rows actual, columns predicted digits."""
    from sklearn import metrics

    return metrics.confusion_matrix(labels, predicted, labels=range(CLASSES))


def predictions_table(labels, probabilities):
    """Tabulate the predictions, a row per image.

    Columns: index (int64, from 0), actual (uint8), predicted (int64) and confidence (float64), the
    highest probability.
    """
    return pd.DataFrame(
        {
            "index": np.arange(len(labels)),
            "actual": labels,
            "predicted": probabilities.argmax(axis=1),
            "confidence": probabilities.max(axis=1),
        }
    )


def rounded(metrics):
    """Round to five decimals, so that diffs do not show noise; nan becomes None."""
    return {
        name: value if isinstance(value, int) else None if np.isnan(value) else round(value, 5)
        for name, value in metrics.items()
    }
