"""Adam with averaged weights, and the learning rate schedule."""

import keras


class AveragingAdam(keras.optimizers.Adam):
    """Adam with a moving average of the weights whose momentum increases.

    Keras uses the same momentum at every step, so in the first epochs the average depends mostly on
    the first steps. Here the momentum at step t is min(ema_momentum, (1 + t) / (10 + t)), as in
    TensorFlow's ``tf.train.ExponentialMovingAverage``. At step 0 the average equals the weights.
    """

    def __init__(self, schedule, *, ema_momentum):
        super().__init__(schedule, use_ema=True, ema_momentum=ema_momentum)

    def _update_model_variables_moving_average(self, trainable_variables):
        step = keras.ops.cast(self.iterations, "float32")
        limit = keras.ops.where(step > 0, (1 + step) / (10 + step), 0.0)
        momentum = keras.ops.minimum(self.ema_momentum, limit)
        averages = self._model_variables_moving_average
        for variable, average in zip(trainable_variables, averages, strict=True):
            average.assign(momentum * average + (1 - momentum) * variable)


def warmup_then_cosine(*, peak, steps, warmup):
    """Return a learning rate schedule: linear warmup from 0 to the peak, then cosine decay to 0.

    The cosine is that of Loshchilov and Hutter (2017), without restarts. ``steps`` counts all
    steps; ``warmup`` is the fraction of them in which the learning rate rises.
    """
    warmup_steps = min(round(steps * warmup), steps - 1)  # at least one step for the cosine
    if warmup_steps == 0:
        return keras.optimizers.schedules.CosineDecay(peak, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup_steps, warmup_target=peak, warmup_steps=warmup_steps
    )
