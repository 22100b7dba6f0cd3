"""Run a sweep: train the runs that its CSV lacks, and write each row at once."""

import sys
import time
from contextlib import redirect_stdout

from digits.errors import UserError
from digits.sweep.plan import OFFICIAL
from digits.sweep.results import append, open_results, read
from digits.sweep.training import keys_of, run_locally

MAX_LISTED = 6  # ignored rows


def train_missing(path, runs, *, train=run_locally):
    """Train the runs that a CSV lacks, and report progress on standard error.

    ``runs`` is a list of :class:`~digits.sweep.plan.Run`, ``train`` a function like
    :func:`digits.sweep.training.run_locally`. Returns the rows of the runs, a DataFrame in their
    order, and a list of lines, one per failed run. Raises UserError if another sweep is writing to
    the CSV, or if it is not the CSV of a sweep.
    """
    keys = keys_of(runs)
    wanted = {(run.recipe, str(run.split), run.seed, key): run for run, key in keys.items()}
    failures = []
    # Standard output is for the table, not for what Keras and Ray print.
    with open_results(path) as file, redirect_stdout(sys.stderr):
        known = read(file)
        others = known[~known.index.isin(list(wanted))]
        _report_ignored(path, others[(others["split"] == OFFICIAL) == (runs[0].split == OFFICIAL)])
        missing = {run: keys[run] for index, run in wanted.items() if index not in known.index}
        done = len(runs) - len(missing)
        if missing:
            _report(f"{len(runs)} runs, {done} done before, {len(missing)} to go")
        began = time.monotonic()
        for number, (run, row) in enumerate(train(missing) if missing else (), start=1):
            if isinstance(row, UserError):
                failures.append(f"{run.name}: {row}")
                result = f"failed: {row}"
            else:
                append(file, row)
                result = f"{row['errors']} errors, log loss {row['log_loss']:.4f}"
            minutes = (time.monotonic() - began) / number * (len(missing) - number) / 60
            place = f"{done + number} of {len(runs)}"
            _report(f"{place}: {run.name}: {result}; {minutes:.1f} min left")
        known = read(file)
    trained = [index for index in wanted if index in known.index]
    return known.loc[trained].reset_index(drop=True), failures


def _report_ignored(path, others):
    if len(others):
        names = [f"{recipe}, split {split}, seed {seed}" for recipe, split, seed, _ in others.index]
        shown = "; ".join(names[:MAX_LISTED] + ["..."] * (len(names) > MAX_LISTED))
        _report(f"{path}: ignores {len(names)} rows of other code, data, settings or plan: {shown}")


def _report(line):
    print(f"sweep: {line}", file=sys.stderr, flush=True)
