"""Measures of a classifier, from its probabilities.

Throughout, ``labels`` are the actual digits, uint8 (n,), n from 1, ``predicted`` the predicted
ones, int64 (n,), and ``probabilities`` float64 (n, 10), each row of which sums to 1.
"""

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.metrics import (
    brier_score_loss,
    classification_report,
    confusion_matrix,
    log_loss,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from digits.dataset.arrays import CLASSES

BINS = 15  # of the calibration error


def score(labels, probabilities):
    """Compute all figures of ``metrics.json``, unrounded.

    Returns:
        A dict of floats and one int: accuracy with accuracy_low and accuracy_high, its 95 %
        Wilson score interval; errors; precision, recall and f1, the plain mean
        over the classes that occur; roc_auc, one class against the rest, the plain mean over the
        classes for which it is defined (nan if there is none); log_loss, in nats; brier, the
        squared distance summed over the classes (Brier, 1950: 0 to 2); calibration_error.
    """
    predicted = probabilities.argmax(axis=1)
    correct = int((predicted == labels).sum())
    low, high = wilson_interval(correct, len(labels))
    precision, recall, f1, _ = precision_recall_fscore_support(
        labels, predicted, labels=np.unique(labels), average="macro", zero_division=0
    )
    areas = [area for _, _, area in roc_curves(labels, probabilities).values()]
    return {
        "accuracy": correct / len(labels),
        "accuracy_low": low,
        "accuracy_high": high,
        "errors": len(labels) - correct,
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "roc_auc": float(np.mean(areas)) if areas else float("nan"),
        "log_loss": float(log_loss(labels, probabilities, labels=range(CLASSES))),
        "brier": float(
            brier_score_loss(labels, probabilities, labels=range(CLASSES), scale_by_half=False)
        ),
        "calibration_error": calibration_error(calibration_bins(labels, probabilities)),
    }


def wilson_interval(correct, count):
    """Give the 95 % Wilson score interval of a proportion (Wilson, 1927), as two floats."""
    interval = binomtest(correct, count).proportion_ci(confidence_level=0.95, method="wilson")
    return float(interval.low), float(interval.high)


def roc_curves(labels, probabilities):
    """Compute the ROC curve of each class that occurs and is not the only one.

    Returns:
        A dict from the class, an int, to its false positive rates and true positive rates, both
        float64 (points,), ascending, and the area under the curve, a float.
    """
    curves = {}
    for digit in np.unique(labels):
        actual = labels == digit
        if not actual.all():
            scores = probabilities[:, digit]
            false_rate, true_rate, _ = roc_curve(actual, scores)
            area = roc_auc_score(actual, scores)
            curves[int(digit)] = (false_rate, true_rate, float(area))
    return curves


def calibration_bins(labels, probabilities):
    """Sort the images by confidence and cut them into 15 bins of equal mass.

    Returns:
        A DataFrame, a row per bin, from unsure to sure: confidence (mean), accuracy, low and high
        (its 95 % Wilson interval), all float64, and count, int64. Fewer rows for fewer images.
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
    """Average the distance of accuracy and confidence over the images.

    The expected calibration error of Naeini et al. (2015), with bins of equal mass in place of
    equal width (Nguyen and O'Connor, 2015): where nearly all is sure, equal widths are empty.
    """
    distance = (bins["accuracy"] - bins["confidence"]).abs()
    return float(np.average(distance, weights=bins["count"]))


def report(labels, predicted):
    """Tabulate precision, recall, F1 and support of each class, and their averages.

    Returns:
        A DataFrame: a row for each class that occurs, then their plain mean (macro average) and
        their mean weighted by support; columns class (text), precision, recall, f1 (float64),
        support (int64).
    """
    table = classification_report(
        labels, predicted, labels=np.unique(labels), output_dict=True, zero_division=0
    )
    frame = pd.DataFrame(table).T.drop(index=["accuracy", "micro avg"], errors="ignore")
    names = {"macro avg": "macro average", "weighted avg": "weighted average", "f1-score": "f1"}
    frame = frame.rename(index=names, columns=names).astype({"support": int})
    return frame.rename_axis("class").reset_index()


def confusion(labels, predicted):
    """Count the images: int64 (10, 10), row the actual digit, column the predicted one."""
    return confusion_matrix(labels, predicted, labels=range(CLASSES))


def predictions_table(labels, probabilities):
    """Tabulate what was predicted.

    Returns:
        A DataFrame, a row per image: index (int64, from 0), actual (uint8), predicted (int64) and
        confidence (float64), the highest probability.
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
    """Round to five decimals, so that a diff shows changes and not noise; nan becomes None."""
    return {
        name: value if isinstance(value, int) else None if np.isnan(value) else round(value, 5)
        for name, value in metrics.items()
    }
