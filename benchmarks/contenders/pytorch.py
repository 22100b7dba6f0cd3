"""Our recipe in PyTorch: the same convolutions, warp, optimizer, schedule and weight averaging.

It leaves out noise, upstrokes and the removal of the background.

It runs in a separate environment that has only PyTorch and NumPy.
"""

import math
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

sys.path.insert(0, str(Path(__file__).parent))
from jobs import images_per_second, load, run_task

BLOCK = 1024  # images warped at a time, as in digits.network.batches
WARM_UP_STEPS = 64  # as in benchmarks/clock.py, which this environment cannot import
RATE_SECONDS = 10


def build(filters, kernel_sizes, dropout, **_):
    """Build the network, which returns logits; the background is not removed."""
    layers, channels, side = [], 1, 28
    for count, kernel in zip(filters, kernel_sizes, strict=True):
        layers += [nn.Conv2d(channels, count, kernel, padding="same"), nn.ReLU()]
        layers += [nn.MaxPool2d(2, ceil_mode=True)]
        channels, side = count, -(-side // 2)
    layers += [nn.Flatten(), nn.Linear(channels * side * side, 128), nn.ReLU()]
    layers += [nn.Dropout(dropout), nn.Linear(128, 10)]
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)
    nn.init.xavier_uniform_(layers[-1].weight)
    return nn.Sequential(*layers)


def warp(images, *, rotation, shift, zoom, shear, **_):
    """Warp float32 (n, 1, 28, 28) by one random affine map per image; other kinds are left out."""
    numbers = torch.rand(len(images), 5) * 2 - 1
    angle = numbers[:, 0] * math.radians(rotation)
    scale = 1 / (1 + numbers[:, 3] * zoom)
    slant = numbers[:, 4] * shear
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    shift_x, shift_y = (numbers[:, n] * shift * 2 / 28 for n in (1, 2))
    a0, a1, b0, b1 = cosine, slant * cosine - sine, sine, slant * sine + cosine
    rows = [a0, a1, -a0 * shift_x - a1 * shift_y, b0, b1, -b0 * shift_x - b1 * shift_y]
    maps = torch.stack(rows, dim=1).reshape(-1, 2, 3)
    grid = functional.affine_grid(maps, images.shape, align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def batches(images, labels, settings):
    """Yield the batches of one epoch, shuffled and warped."""
    order = torch.randperm(len(images))
    size = settings["batch_size"]
    for block in order.split(BLOCK - BLOCK % size or size):
        warped = warp(images[block].unsqueeze(1).float() / 255, **settings["augment"])
        yield from zip(warped.split(size), labels[block].split(size), strict=True)


class Trainer:
    """The network, its optimizer, schedule and averaged weights, for a number of images."""

    def __init__(self, settings, count):
        torch.manual_seed(settings["seed"])
        self.bfloat16 = settings["bfloat16"]
        self.net = build(**settings["network"])
        if self.bfloat16:
            self.net = self.net.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.Adam(
            self.net.parameters(), lr=settings["learning_rate"], eps=1e-7, fused=True
        )
        steps = settings["epochs"] * -(-count // settings["batch_size"])
        rising = round(steps * settings["warmup"])

        def factor(step):
            if step < rising:
                return step / rising
            return (1 + math.cos(math.pi * (step - rising) / (steps - rising))) / 2

        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, factor)
        self.label_smoothing = settings["label_smoothing"]

        def average(averaged, current, count):
            momentum = min(settings["ema_momentum"], (1 + float(count)) / (10 + float(count)))
            torch._foreach_lerp_(averaged, current, 1 - momentum)

        self.averaged = AveragedModel(self.net, multi_avg_fn=average)

    def precision(self):
        """Return the context manager of the precision."""
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bfloat16)

    def step(self, images, labels):
        """Train on one batch."""
        if self.bfloat16:
            images = images.to(memory_format=torch.channels_last)
        with self.precision():
            logits = self.net(images)
            loss = functional.cross_entropy(logits, labels, label_smoothing=self.label_smoothing)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.averaged.update_parameters(self.net)

    def accuracy(self, images, labels):
        """Return the accuracy of the averaged network."""
        self.averaged.eval()
        with torch.inference_mode(), self.precision():
            logits = [self.averaged(some.unsqueeze(1).float() / 255) for some in images.split(1000)]
        return (torch.cat(logits).argmax(1) == labels).sum().item() / len(labels)


def tensors():
    """Read training and validation data: uint8 images and int64 labels, four tensors."""
    return [torch.from_numpy(a) for images, labels in load() for a in (images, labels.astype(int))]


def rate(settings):
    """Return the images per second in training in the first epoch."""
    images, labels, _, _ = tensors()
    trainer = Trainer(settings, len(images))
    for number, batch in enumerate(batches(images, labels, settings)):
        trainer.step(*batch)
        if number == WARM_UP_STEPS:
            start = time.perf_counter()
        elif number > WARM_UP_STEPS and time.perf_counter() - start > RATE_SECONDS:
            break
    return (number - WARM_UP_STEPS) * settings["batch_size"] / (time.perf_counter() - start)


def course(settings):
    """Return [seconds, validation accuracy] for each epoch."""
    images, labels, *validation = tensors()
    start = time.perf_counter()
    trainer, points = Trainer(settings, len(images)), []
    for _ in range(settings["epochs"]):
        for batch in batches(images, labels, settings):
            trainer.step(*batch)
        accuracy = trainer.accuracy(*validation)
        points.append([time.perf_counter() - start, accuracy])
        if accuracy >= settings["stop_at"]:
            break
    return points


def inference(settings):
    """Return the images per second in prediction, by batch size."""
    trainer = Trainer(settings, count=1)
    net = trainer.net.eval()
    images = torch.from_numpy(load()[1][0]).unsqueeze(1).float() / 255
    if trainer.bfloat16:
        images = images.to(memory_format=torch.channels_last)
    with torch.inference_mode(), trainer.precision():
        sizes = settings["sizes"]
        return {n: images_per_second(lambda some: net(some).softmax(1), images[:n]) for n in sizes}


if __name__ == "__main__":
    run_task({f.__name__: f for f in (rate, course, inference)})
