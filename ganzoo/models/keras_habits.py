"""Arguments and callbacks of Keras that expect one loss and one optimizer."""

import keras

from ganzoo.utils.options import check_known

COMPILE = (
    "d_optimizer",
    "g_optimizer",
    "jit_compile",
    "run_eagerly",
    "local_batch_norm",
)


def check_compile(others) -> None:
    """Refuses other arguments of `compile`, with the nearest one."""
    check_known(
        "argument of compile (losses are options of the build, steps_per_execution is "
        "fit's steps_per_call)",
        others,
        COMPILE,
    )


def check_unweighted(class_weight, sample_weight) -> None:
    """Refuses weights of classes or samples."""
    if class_weight is not None or sample_weight is not None:
        name = "class_weight" if sample_weight is None else "sample_weight"
        raise ValueError(
            f"`{name}` weighs one loss of known answers, which two players lack. A GAN "
            "learns the frequencies of its data: repeat the samples that should come "
            f"more often. Received: {name}."
        )


def check_unsplit(share) -> None:
    """Refuses to split a data set."""
    if share:
        raise ValueError(
            "`validation_split` splits arrays. Split a data set with `take` and "
            "`skip`, and pass a part as `validation_data`. "
            f"Received: validation_split={share}."
        )


def check_of_batches(**settings) -> None:
    """Refuses settings of arrays next to batches, which have their own."""
    for name, value in settings.items():
        if value is not None:
            raise ValueError(
                f"`{name}` is for arrays; batches are made before, dataset.batch(...). "
                f"Received: {name}={value!r}."
            )


def check_callbacks(callbacks) -> None:
    """Refuses what is not a callback, or is the class of one."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return
    for callback in keras.tree.flatten(callbacks) if callbacks else ():
        if not isinstance(callback, keras.callbacks.Callback):
            raise ValueError(
                "`callbacks` are objects, keras.callbacks.TerminateOnNaN(); for a "
                "function: keras.callbacks.LambdaCallback(on_epoch_end=...). "
                f"Received: {callback!r}."
            )


def check_shuffled(shuffle) -> None:
    """Refuses to train on arrays in their own order."""
    if not shuffle:
        raise ValueError(
            "Arrays are shuffled, in an order that the model's seed fixes. Pass a "
            f"tf.data.Dataset to choose the order. Received: shuffle={shuffle}."
        )


def split(arrays, share, validation_data, batch_size):
    """Splits arrays as Keras' `validation_split` does: their last part is held out.

    Args:
        arrays: arrays by batch key; each is cut at its own length.
        share: part to hold out, between 0 and 1.
        validation_data: None.
        batch_size: least number of samples to train on.

    Returns:
        (training arrays, validation arrays).

    Raises:
        ValueError: a share that leaves either part too small, or validation data as
            well.
    """
    if validation_data is not None:
        raise ValueError(
            "`validation_split` and `validation_data` are two ways to say one thing. "
            "Pass one of them."
        )
    if not 0 < share < 1:
        raise ValueError(
            f"`validation_split` must be between 0 and 1. Received: {share}."
        )
    cuts = {key: int(len(array) * (1 - share)) for key, array in arrays.items()}
    count = len(arrays["real"])
    empty = [key for key, cut in cuts.items() if cut in (0, len(arrays[key]))]
    if cuts["real"] < batch_size or empty:
        raise ValueError(
            "`validation_split` must leave a batch to train on, and a sample to "
            f"validate. Received: validation_split={share} of {count} samples with "
            f"batch_size={batch_size}."
        )
    train = {key: array[: cuts[key]] for key, array in arrays.items()}
    return train, {key: array[cuts[key] :] for key, array in arrays.items()}


def with_loss(callbacks):
    """Adds to the callbacks of `fit` what lets TerminateOnNaN see the losses."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        inner = callbacks.callbacks
    else:
        inner = callbacks = keras.tree.flatten(callbacks) if callbacks else []
    watching = [c for c in inner if isinstance(c, keras.callbacks.TerminateOnNaN)]
    if watching:
        callbacks.append(_Totals(watching))
    return callbacks


class _Totals(keras.callbacks.Callback):
    """Shows callbacks the sum of both players' losses as `loss`.

    It is not finite where one of them is not. As a figure it has no meaning, so no
    other callback sees it.
    """

    def __init__(self, watching):
        super().__init__()
        self.watching = watching

    def on_train_batch_end(self, batch, logs=None):
        total = sum(value for name, value in logs.items() if name.endswith("_loss"))
        for callback in self.watching:
            callback.on_train_batch_end(batch, {**logs, "loss": total})


def check_whole_calls(source, steps_per_epoch, steps_per_call) -> None:
    """Raises ValueError for calls of several steps that a pass does not fill."""
    if (steps_per_call or 1) == 1 or steps_per_epoch:
        return
    batches = int(source.cardinality())
    if batches < 1 or batches % steps_per_call:
        known = f"{batches} batches" if batches > 0 else "batches of unknown number"
        raise ValueError(
            "`steps_per_call` must divide the number of batches, or `steps_per_epoch` "
            f"if it is given. Received: {steps_per_call}, {known}."
        )


def check_single_steps(steps_per_call) -> None:
    """Raises ValueError for calls of several steps next to validation data."""
    if (steps_per_call or 1) > 1:
        raise ValueError(
            "With validation data, `steps_per_call` must be 1: an evaluation would "
            f"take as many batches at once. Received: {steps_per_call}."
        )
