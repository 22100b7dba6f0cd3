"""Run the trainings of a sweep as Ray tasks on the machines of a cluster."""

import socket
from dataclasses import replace
from pathlib import Path

import digits
from digits.errors import UserError
from digits.sweep.training import read_data, row_of

MAX_RETRIES = 10  # of a training whose machine was lost


def run_on_cluster(runs, *, address, gpus=0):
    """Train in parallel, each run in its own process on one of the cluster's machines.

    Ray sends code and data from here; the packages must be installed on each machine. ``address``
    is ``auto`` or HOST:PORT, ``gpus`` the number per training. Yields the same as
    :func:`digits.sweep.training.run_locally`, in the order of completion. Raises UserError if Ray
    is not installed, there is no such cluster, or no machine has enough CPUs or GPUs.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        raise UserError("Ray is not installed; make cluster installs it") from error
    runtime = {"py_modules": [str(Path(digits.__file__).parent)]}
    try:
        if address != "auto":  # Ray itself would wait for minutes
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(address=address, runtime_env=runtime, log_to_driver=False, logging_level="error")
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"no Ray cluster at {address}; ray start makes one: {reason}") from error
    try:
        yield from _train(ray, runs, gpus=gpus)
    finally:
        ray.shutdown()


def _train(ray, runs, *, gpus):
    from joblib import cpu_count  # here, because importing it sets environment variables

    # The same number on every machine, because the result depends on it.
    threads = {run.params.train.threads for run in runs}.pop()
    threads = cpu_count() if threads == "auto" else threads
    _check_capacity(ray, {"CPU": threads, "GPU": gpus})
    data = ray.put(read_data(runs))
    # One process per training, because TensorFlow's threads can be set only once.
    task = ray.remote(max_calls=1, max_retries=MAX_RETRIES, num_cpus=threads, num_gpus=gpus)(row_of)
    running = {}
    for run, key in runs.items():
        train = run.params.train.model_copy(update={"threads": threads})
        params = run.params.model_copy(update={"train": train})
        running[task.remote(replace(run, params=params), key, data)] = run
    while running:
        (ended,), _ = ray.wait(list(running))
        try:
            row = ray.get(ended)
        except UserError as error:  # Ray puts its own traceback around it
            row = UserError(str(error.cause))
        except ray.exceptions.RayError as error:
            row = UserError((str(error).splitlines() or [type(error).__name__])[0])
        yield running.pop(ended), row


def _check_capacity(ray, needed):
    """Raise UserError if no machine can run a training; Ray would wait for ever."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    for kind, count in needed.items():
        most = max(machine.get(kind, 0) for machine in machines)
        if most < count:
            setting = "train.threads" if kind == "CPU" else "--gpus"
            raise UserError(
                f"a training needs {count} {kind}s ({setting}), but no machine of the cluster has"
                f" more than {most:g}"
            )
