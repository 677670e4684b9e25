"""What must hold of the networks and optimizers of two players, and is made of them."""

import keras

from ganzoo import distribute


def span_replicas(layers):
    """Batch statistics follow the present strategy, wherever their layer was made."""
    for layer in layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = distribute.replica_count() > 1


def check_owners(generators, discriminators):
    """Raises ValueError where a trainable weight belongs to both players."""
    own = {id(v) for net in generators for v in net.trainable_variables}
    theirs = [v for net in discriminators for v in net.trainable_variables]
    both = [v.path for v in theirs if id(v) in own]
    if both:
        raise ValueError(
            "Every trainable weight must belong to exactly one player. "
            f"Owned by both: {', '.join(both)}."
        )


def check_precision(networks):
    """Raises ValueError where a layer computes in float16."""
    layers = [layer for network in networks for layer in network._flatten_layers()]
    half = [layer.name for layer in layers if layer.compute_dtype == "float16"]
    if half:
        raise ValueError(
            "The layers compute in float16, whose gradients vanish without a scaled "
            "loss. Build them under the policy mixed_bfloat16 or float32. "
            f"Received: {', '.join(half[:3])}, ..."
        )


def check_clipping(optimizer):
    """Raises ValueError for an optimizer that clips, under several replicas."""
    if distribute.replica_count() > 1 and (
        optimizer.clipnorm or optimizer.global_clipnorm or optimizer.clipvalue
    ):
        raise ValueError(
            "Under several replicas, Keras clips each replica's gradient before it "
            "sums them, which is not the clipping of one device. Remove clipnorm, "
            f"global_clipnorm and clipvalue from {optimizer.name!r}."
        )


def frozen_copy(network):
    """A network of the same weights that no optimizer changes: a running average."""
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    copy.trainable = False
    return copy
