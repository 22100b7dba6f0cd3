"""The committed figures as the README shows them, in Markdown.

    python -m benchmarks.tables

reads the CSVs of this folder and prints every table. A test compares the README with them.
"""

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent
OURS, QUICK, EXAMPLE = "ours, default", "ours, quick", "keras.io example"
RECIPES = {
    "default": "seeds.csv",
    "quick": "seeds_quick.csv",
    "quick, float32": "seeds_quick_float32.csv",
}


def main():
    """Print all tables."""
    print(seeds(), comparison(read("compare.csv")), growth(), handwriting(), sep="\n\n")


def read(name):
    """Read one of the CSVs."""
    return pd.read_csv(FOLDER / name)


def markdown(head, rows):
    """Lay out a table: the first column to the left, the others to the right."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine(table):
    """Say on what machine a table was made."""
    (name,) = table.machine.unique()
    return f"On {name}."


def seeds():
    """Give the mean over the seeds, a row a recipe."""
    rows = []
    for recipe, file in RECIPES.items():
        table = read(file)
        rows.append(
            [
                recipe,
                len(table),
                f"{table.accuracy.mean():.3%} ± {table.accuracy.std():.3%}",
                f"{table.accuracy.min():.2%}",
                f"{table.errors.mean():.1f}",
                f"{table.log_loss.mean():.4f}",
                f"{table.seconds.mean():.0f} s",
            ]
        )
    head = ["recipe", "seeds", "accuracy", "lowest", "errors", "log loss", "training"]
    return f"{markdown(head, rows)}\n\n{machine(read(RECIPES['default']))}"


def comparison(table):
    """Give what `make bench` found, and the ratios.

    Args:
        table: DataFrame as :mod:`benchmarks.compare` writes it.
    """

    def cell(value, text):
        return "–" if pd.isna(value) else text.format(value)

    rows = [
        [
            row.contender,
            cell(row.images_per_second, "{:,.0f}"),
            cell(row["seconds_to_99.0"], "{:.0f} s"),
            cell(row["seconds_to_99.5"], "{:.0f} s"),
            cell(row.predictions_per_second_batch_1, "{:,.0f}"),
            cell(row.predictions_per_second_batch_1000, "{:,.0f}"),
        ]
        for _, row in table.iterrows()
    ]
    head = [
        "", "training, images/s", "to 99.0 %", "to 99.5 %",
        "prediction, images/s, one at a time", "by 1,000",
    ]  # fmt: skip
    return "\n\n".join([markdown(head, rows), "\n".join(ratios(table)), machine(table)])


def ratios(table):
    """List what the comparison comes to, a line each."""
    by_name = table.set_index("contender")
    rate, to_990 = by_name.images_per_second, by_name["seconds_to_99.0"]
    lines = [
        f"- training throughput, ours over {name}: {rate[OURS] / rate[name]:.1f}"
        for name in by_name.index
        if name not in (OURS, QUICK, EXAMPLE)
    ]
    for name in (QUICK, OURS):
        times = to_990[EXAMPLE] / to_990[name]
        lines.append(f"- time to 99.0 %, {EXAMPLE} over {name}: {times:.1f}")
    share = by_name["seconds_to_99.5"][OURS] / to_990[EXAMPLE]
    lines.append(f"- time to 99.5 % of {OURS}, over the time of {EXAMPLE} to 99.0 %: {share:.2f}")
    share = by_name.share_of_matrix_product[OURS]
    lines.append(
        f"- share of the rate of a large matrix product that our training runs at: {share:.0%}"
    )
    return lines


def growth():
    """Give time and memory by the number of training images."""
    table = read("growth.csv")
    rows = [
        [
            f"{row.images:,}",
            f"{row.microseconds_per_image:.0f} µs",
            f"{row.arrays_megabytes:,} MB",
            f"{row.peak_megabytes:,} MB",
        ]
        for row in table.itertuples()
    ]
    head = ["training images", "time an image", "arrays", "memory above TensorFlow's own"]
    return f"{markdown(head, rows)}\n\n{machine(table)}"


def handwriting():
    """Give the share of pictures that `digits.predict` reads rightly, a row a group."""
    table = read("handwriting.csv").dropna(subset="accuracy")  # of letters there is none
    by_group = table.pivot(index="group", columns="digits", values="accuracy")
    rows = [
        [group, f"{by_group.handwriting[group]:.1%}", f"{by_group.fonts[group]:.1%}"]
        for group in table.group.drop_duplicates()
    ]
    return markdown(["pictures", "handwriting", "fonts"], rows)


if __name__ == "__main__":
    main()
