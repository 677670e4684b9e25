"""Floating-point operations of a function."""

import tensorflow as tf


def flops(function, *inputs) -> int:
    """Counts floating-point operations of a function, with TensorFlow's profiler."""
    graph = tf.function(function).get_concrete_function(*inputs).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return tf.compat.v1.profiler.profile(graph, options=options).total_float_ops
