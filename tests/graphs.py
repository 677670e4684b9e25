"""Frozen graphs of TensorFlow 1, whose nodes may be hostile."""

import numpy as np
import tensorflow as tf


def written(constants, *more) -> bytes:
    """A GraphDef of constants by name, nodes that would run things, and `more`."""
    graph = tf.compat.v1.GraphDef()
    graph.versions.producer = 8
    graph.node.add(name="DecodeJpeg/contents", op="Placeholder")
    graph.node.add(name="file", op="ReadFile", input=["DecodeJpeg/contents"])
    graph.node.add(name="code", op="PyFunc")
    graph.node.extend(constant(name, array) for name, array in constants.items())
    graph.node.extend(more)
    return graph.SerializeToString()


def constant(name, array, shape=None):
    """A node; `shape` declares another one than the array has."""
    node = tf.compat.v1.NodeDef(name=name, op="Const")
    node.attr["dtype"].type = tf.as_dtype(array.dtype).as_datatype_enum
    proto = tf.make_tensor_proto(np.ascontiguousarray(array), shape=array.shape)
    if shape is not None:
        del proto.tensor_shape.dim[:]
        for size in shape:
            proto.tensor_shape.dim.add(size=size)
    node.attr["value"].tensor.CopyFrom(proto)
    return node
