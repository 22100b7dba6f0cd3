"""The optimizer: Adam, its learning rate over the steps, and the average of the weights."""

import keras


class AveragingAdam(keras.optimizers.Adam):
    """Adam with a moving average of the weights that soon forgets where they started.

    Keras takes one momentum at all steps, with which the average of the first epochs is one of
    the first steps. Here it is min(ema_momentum, (1 + t) / (10 + t)) at step t, as in TensorFlow's
    ``tf.train.ExponentialMovingAverage``; at step 0 the average is the weights.
    """

    def __init__(self, schedule, *, ema_momentum):
        super().__init__(schedule, use_ema=True, ema_momentum=ema_momentum)

    def _update_model_variables_moving_average(self, trainable_variables):
        step = keras.ops.cast(self.iterations, "float32")
        rising = keras.ops.where(step > 0, (1 + step) / (10 + step), 0.0)
        momentum = keras.ops.minimum(self.ema_momentum, rising)
        averages = self._model_variables_moving_average
        for variable, average in zip(trainable_variables, averages, strict=True):
            average.assign(momentum * average + (1 - momentum) * variable)


def warmup_then_cosine(*, peak, steps, warmup):
    """Make the learning rate a function of the step.

    It rises from 0 to its peak in a straight line, for the fraction ``warmup`` of the steps; then
    it falls to 0 along a cosine (Loshchilov and Hutter, 2017).
    """
    rising = min(round(steps * warmup), steps - 1)  # the cosine has a step at least
    if rising == 0:
        return keras.optimizers.schedules.CosineDecay(peak, steps)
    return keras.optimizers.schedules.CosineDecay(
        0.0, steps - rising, warmup_target=peak, warmup_steps=rising
    )
