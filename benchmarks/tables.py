"""The committed figures as this folder's README.md and the project's own show them, in Markdown.

    python -m benchmarks.tables

reads the CSVs of this folder and prints every table, and the sentences that sum them up. A test
compares both pages with them.
"""

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent
OURS, MIDDLING, QUICK = "ours, default", "ours, middling", "ours, quick"
EXAMPLE = "keras.io example"
UNAUGMENTED = "ours, without augmentation"
PREDICT = "digits.predict"
READERS = [OURS, UNAUGMENTED, EXAMPLE, PREDICT]  # of corrupted images
PEER = "PyTorch, bfloat16"
RECIPES = {
    "default": "seeds.csv",
    "default, float32": "seeds_float32.csv",
    "middling": "seeds_middling.csv",
    "quick": "seeds_quick.csv",
}


def main():
    """Print all tables and sentences."""
    print(*(table() for table in TABLES), sep="\n\n", end="\n\n")
    print(recipes(), end="\n\n")
    print(*(sentence() for sentence in SENTENCES), sep="\n\n")


def read(name):
    """Read one of the CSVs."""
    return pd.read_csv(FOLDER / name)


def read_seeds(recipe):
    """Read the seeds of a recipe: those of its last code and settings, before which older stand."""
    table = pd.read_csv(FOLDER / RECIPES[recipe], dtype={"key": str})
    return table[table.key == table.key.iloc[-1]]


def measured():
    """List the recipes that have a table of seeds."""
    return [recipe for recipe, file in RECIPES.items() if (FOLDER / file).is_file()]


def spread(accuracy):
    """Write the standard deviation over the seeds, if there are several."""
    return f" ± {accuracy.std():.3%}" if len(accuracy) > 1 else ""


def markdown(head, rows):
    """Lay out a table: the first column to the left, the others to the right."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def machine(table):
    """Say on what machine a table was made."""
    (name,) = table.machine.unique()
    return f"On {name}."


def seeds():
    """Give the mean over the seeds, a row per recipe."""
    rows = []
    for recipe in measured():
        table = read_seeds(recipe)
        rows.append(
            [
                recipe,
                len(table),
                f"{table.accuracy.mean():.3%}{spread(table.accuracy)}",
                f"{table.accuracy.min():.2%}",
                f"{table.errors.mean():.1f}",
                f"{table.log_loss.mean():.4f}",
                f"{table.errors_one_look.mean():.1f}",
                f"{table.log_loss_one_look.mean():.4f}",
                f"{table.seconds.min():.0f} s",
            ]
        )
    head = [
        "recipe", "seeds", "accuracy", "lowest", "errors", "log loss",
        "errors, one look", "log loss, one look", "training",
    ]  # fmt: skip
    return f"{markdown(head, rows)}\n\n{machine(read_seeds('default'))}"


def comparison():
    """Give what `make bench` found, and the ratios."""
    table = read("compare.csv")

    def cell(value, text):
        return "–" if pd.isna(value) else text.format(value)

    rows = [
        [
            row.contender,
            cell(row.images_per_second, "{:,.0f}"),
            cell(row["seconds_to_99.0"], "{:.0f} s"),
            cell(row["seconds_to_99.5"], "{:.0f} s"),
            row.courses,
            cell(row.predictions_per_second_batch_1, "{:,.0f}"),
            cell(row.predictions_per_second_batch_1000, "{:,.0f}"),
        ]
        for _, row in table.iterrows()
    ]
    head = [
        "", "training, images/s", "to 99.0 %", "to 99.5 %", "median of",
        "prediction, images/s, one at a time", "by 1,000",
    ]  # fmt: skip
    return "\n\n".join([markdown(head, rows), "\n".join(ratios(table)), machine(table)])


def ratios(table):
    """List what the comparison comes to, a line each."""
    by_name = table.set_index("contender")
    rate, to_990 = by_name.images_per_second, by_name["seconds_to_99.0"]
    times = [
        f"{rate[OURS] / rate[name]:.1f} × {name}"
        for name in by_name.index
        if name not in (OURS, MIDDLING, QUICK, EXAMPLE)
    ]
    slower = {name: f"{to_990[EXAMPLE] / to_990[name]:.1f} times as long" for name in (QUICK, OURS)}
    return [
        f"- Training throughput of our default recipe: {'; '.join(times)}.",
        f"- The {EXAMPLE} takes {slower[QUICK]} to 99.0 % as our quick recipe,"
        f" and {slower[OURS]} as our default one.",
        f"- Our default recipe trains at {by_name.share_of_matrix_product[OURS]:.0%} of the rate of"
        " a large matrix product.",
    ]


def growth():
    """Give time and memory by the number of training images."""
    table = read("growth.csv")
    rows = [
        [
            f"{row.images:,}",
            f"{row.arrays_megabytes:,} MB",
            f"{row.batches:,}",
            f"{row.seconds_to_first_steps:.1f} s",
            f"{row.microseconds_per_image:.0f} µs",
            f"{row.peak_megabytes:,} MB",
        ]
        for row in table.itertuples()
    ]
    head = [
        "training images", "on disk", "batches trained", "until the first", "time per image",
        "memory above TensorFlow's own",
    ]  # fmt: skip
    return f"{markdown(head, rows)}\n\n{machine(table)}"


def handwriting():
    """Give the share of pictures that `digits.predict` reads correctly, a row per group."""
    by_group = drawn_pages().pivot(index="group", columns="digits", values="accuracy")
    rows = [
        [group, f"{by_group.handwriting[group]:.1%}", f"{by_group.fonts[group]:.1%}"]
        for group in drawn_pages().group.drop_duplicates()
    ]
    return markdown(["pictures", "handwriting", "fonts"], rows)


def drawn_pages():
    """Read the groups of pictures that each hold a digit."""
    return read("handwriting.csv").dropna(subset="accuracy")


def corruptions():
    """Give the accuracy on corrupted images, a row per kind, and the mean over the kinds."""
    table = read("corruptions.csv")  # whose first row is of the images as they are
    names = [*READERS, "unmarked"]
    table.loc[len(table)] = {"corruption": f"mean of the {len(table) - 1}"} | dict(
        table.iloc[1:][names].mean()
    )
    rows = [
        [row.corruption, *(f"{row[name]:.1%}" for name in names)] for _, row in table.iterrows()
    ]
    head = ["corruption", *READERS, "wrong, without a question mark"]
    return f"{markdown(head, rows)}\n\n{machine(table.dropna())}"


def formats():
    """Give how ONNX and LiteRT compare with Keras, a row per format."""
    table = read("formats.csv")
    rows = [
        [
            row.format,
            f"{row.bytes / 1e6:.1f} MB",
            row.other_predictions if number else "–",
            f"{row.largest_difference:.1g}" if number else "–",
            f"{row.images_per_second_batch_1:,}",
            f"{row.images_per_second_batch_1000:,}",
        ]
        for number, row in enumerate(table.itertuples())
    ]
    head = [
        "format", "size", "other predictions", "largest difference",
        "images/s, one at a time", "by 1,000",
    ]  # fmt: skip
    return f"{markdown(head, rows)}\n\n{machine(table)}"


def few_images():
    """Give the accuracy by the number of training images."""
    tables = dict(list(read("few_images.csv").groupby("recipe", sort=False)))
    tables["60,000 images"] = read_seeds("default")
    rows = [
        [
            size.removesuffix(" images"),
            len(table),
            f"{table.accuracy.mean():.2%}",
            f"{table.accuracy.min():.2%}",
            f"{table.errors.mean():.0f}",
        ]
        for size, table in tables.items()
    ]
    return markdown(["training images", "seeds", "accuracy", "lowest", "errors"], rows)


def recipes():
    """Sum up the seeds of the recipes that have a command of their own."""
    commands = {"default": "repro", "middling": "middling", "quick": "quick"}
    rows = []
    for name in measured():
        if name not in commands:
            continue
        table = read_seeds(name)
        rows.append(
            [
                f"{name}: `make {commands[name]}`",
                len(table),
                f"{table.accuracy.mean():.3%}",
                f"{table.accuracy.min():.2%}",
                f"{table.log_loss.mean():.4f}",
                f"{table.seconds.min():.0f} s",
            ]
        )
    return markdown(["recipe", "seeds", "accuracy", "lowest", "log loss", "training"], rows)


def speed_in_a_sentence():
    """Sum up the comparison."""
    by_name = read("compare.csv").set_index("contender")
    rate = by_name.images_per_second
    to_990, to_995 = by_name["seconds_to_99.0"], by_name["seconds_to_99.5"]
    return (
        f"Training runs at {rate[OURS]:,.0f} images per second (the same recipe in {PEER}:"
        f" {rate[PEER]:,.0f}). 99.0 % is reached after {to_990[OURS]:.0f} s, by the quick recipe"
        f" after {to_990[QUICK]:.0f} s, and by the MNIST example of keras.io after"
        f" {to_990[EXAMPLE]:.0f} s; 99.5 % after {to_995[OURS]:.0f} s, by the middling recipe after"
        f" {to_995[MIDDLING]:.0f} s, and by {PEER} after {to_995[PEER]:.0f} s."
    )


def growth_in_a_sentence():
    """Sum up the table of growth."""
    table = read("growth.csv")
    first, last = table.iloc[0], table.iloc[-1]
    return (
        f"From {first.images:,} to {last.images:,} images the time per image goes from"
        f" {first.microseconds_per_image:.0f} to {last.microseconds_per_image:.0f} µs, and the"
        f" memory above TensorFlow's own from {first.peak_megabytes:,} to"
        f" {last.peak_megabytes:,} MB."
    )


def handwriting_in_a_sentence():
    """Sum up the table of drawn pages, and what is no digit."""
    table = drawn_pages()
    spans = [
        f"{group.accuracy.min():.0%} to {group.accuracy.max():.0%} of {name}"
        for name, group in table.groupby("digits", sort=False)
    ]
    others = read("handwriting.csv").set_index("group")
    two, letters, clothes = (others.loc[name] for name in ("two digits", "letters", "clothes"))
    mnist = others.loc["MNIST as it is"]
    return (
        f"By kind of page, {' and '.join(spans[::-1])} are read correctly; of all"
        f" {table.pictures.sum():,} readings {table.sure_wrong.sum()} are wrong without a question"
        f" mark. Of {two.pictures} pictures of two digits {two.sure_wrong} have none, of"
        f" {letters.pictures} letters {letters.sure_wrong}, and of {clothes.pictures:,} pictures of"
        f" clothes (Fashion-MNIST) {clothes.sure_wrong}; of MNIST's own {mnist.pictures:,}"
        f" validation images {mnist.unsure} have one."
    )


def corruptions_in_a_sentence():
    """Sum up the table of corruptions."""
    table = read("corruptions.csv").iloc[1:].set_index("corruption")
    means = table[[*READERS, "unmarked"]].mean()
    worst = " and ".join(
        f"{kind} ({share:.0%})" for kind, share in table[OURS].nsmallest(2).items()
    )
    return (
        f"Of images with the {len(table)} corruptions of MNIST-C the network reads"
        f" {means[OURS]:.1%} correctly in the mean, the fewest under {worst}; without"
        f" augmentation it is {means[UNAUGMENTED]:.1%}, and {means[EXAMPLE]:.1%} with the MNIST"
        f" example of keras.io. `{PREDICT}`, which looks for the ink first, reads"
        f" {means[PREDICT]:.1%} correctly, and {means['unmarked']:.1%} wrong without a question"
        " mark."
    )


def few_images_in_a_sentence():
    """Sum up the accuracy by the number of training images."""
    means = read("few_images.csv").groupby("recipe", sort=False)["accuracy"].mean()
    few = " and ".join(f"{share:.2%} ({size})" for size, share in means.items())
    return f"With fewer training images, and as many steps, the same recipe reaches {few}."


TABLES = [seeds, comparison, growth, formats, corruptions, few_images, handwriting]
SENTENCES = [
    speed_in_a_sentence,
    growth_in_a_sentence,
    handwriting_in_a_sentence,
    corruptions_in_a_sentence,
    few_images_in_a_sentence,
]


if __name__ == "__main__":
    main()
