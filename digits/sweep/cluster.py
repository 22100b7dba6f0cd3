"""The trainings of a sweep as tasks of Ray, on as many machines as its cluster has."""

import os
import socket
from dataclasses import replace
from pathlib import Path

import digits
from digits.errors import UserError
from digits.sweep.training import read_data, row_of

RETRIES = 10  # of a training whose machine is lost


def on_cluster(runs, *, address, gpus=0):
    """Train side by side, each in a process of its own on one of the cluster's machines.

    The code goes there from here, and so do the data, once; the packages must be there.

    Args:
        runs: a dict from :class:`~digits.sweep.plan.Run` to its key.
        address: of the cluster, as Ray takes it: ``auto``, or HOST:PORT.
        gpus: that a training takes.

    Yields:
        As :func:`digits.sweep.training.here` does, in the order in which they end.

    Raises:
        UserError: Ray is not installed, there is no such cluster, or none of its machines has as
            many processors as a training takes.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        raise UserError("Ray is not installed; make cluster installs it") from error
    runtime = {"py_modules": [str(Path(digits.__file__).parent)]}
    try:
        if address != "auto":
            host, _, port = address.rpartition(":")
            socket.create_connection((host, int(port)), timeout=10).close()  # Ray waits for minutes
        ray.init(address=address, runtime_env=runtime, log_to_driver=False, logging_level="error")
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"no Ray cluster at {address}, which ray start makes: {reason}") from error
    try:
        yield from _tasks(ray, runs, gpus=gpus)
    finally:
        ray.shutdown()


def _tasks(ray, runs, *, gpus):
    # The same number everywhere, for it decides the bits.
    threads = {run.params.train.threads for run in runs}.pop()
    threads = os.cpu_count() if threads == "auto" else threads
    _check_room(ray, {"CPU": threads, "GPU": gpus})
    data = ray.put(read_data(runs))
    # A process for each, for TensorFlow's threads are set once.
    task = ray.remote(max_calls=1, max_retries=RETRIES, num_cpus=threads, num_gpus=gpus)(row_of)
    running = {}
    for run, key in runs.items():
        params = replace(run.params, train=replace(run.params.train, threads=threads))
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


def _check_room(ray, needed):
    """See to it that some machine can take a training, which would wait for ever otherwise."""
    machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    for kind, count in needed.items():
        most = max(machine.get(kind, 0) for machine in machines)
        if most < count:
            setting = "train.threads" if kind == "CPU" else "--gpus"
            raise UserError(
                f"a training takes {count} {kind}s ({setting}), and no machine of the cluster has"
                f" more than {most:g}"
            )
