"""Reads the constants of a frozen graph of TensorFlow 1, without building the graph.

Each node is parsed alone, so the largest one bounds the memory. No graph is imported
and no operation runs. An array has the numbers that the file holds.
"""

import math
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

from ganzoo.utils import untrusted


def parse_constants(data: bytes, where: str) -> dict[str, np.ndarray]:
    """The float32 constants of a GraphDef, by the names of their nodes.

    Raises:
        ValueError: no graph, or one that is cut off; more nodes, or larger ones, than
            `untrusted` allows; a constant of another size than it declares, or twice.
    """
    constants: dict[str, np.ndarray] = {}
    try:
        for content in _nodes(data):
            node = tf.compat.v1.NodeDef.FromString(content)
            tensor = node.attr["value"].tensor
            if node.op == "Const" and tensor.dtype == tf.float32.as_datatype_enum:
                if node.name in constants:
                    raise ValueError(f"it has {node.name!r:.60} twice")
                constants[node.name] = _array(node.name, tensor)
    except Exception as error:  # protobuf has its own kinds
        reason = f"{error}" or type(error).__name__
        raise ValueError(f"{where} holds no graph of TensorFlow: {reason}") from error
    return constants


def _array(name, tensor) -> np.ndarray:
    shape = [axis.size for axis in tensor.tensor_shape.dim]
    numbers = np.frombuffer(tensor.tensor_content, "<f4")
    if tensor.float_val:
        numbers = np.array(tensor.float_val, "<f4")
    if len(shape) > 8 or min(shape, default=0) < 0 or math.prod(shape) != len(numbers):
        raise ValueError(f"{name!r:.60} holds {len(numbers)} numbers, not as declared")
    return numbers.reshape(shape)


def _nodes(data: bytes) -> Iterator[bytes]:
    """The bytes of each node: field 1 of a GraphDef in the wire format of protobuf."""
    place = 0
    for _ in range(untrusted.MAX_NODES):
        if place == len(data):
            return
        tag, place = _varint(data, place)
        length, place = _varint(data, place)
        if tag & 7 == 0:  # a number, already read
            continue
        if tag & 7 != 2 or place + length > len(data):
            raise ValueError("it is of another format, or cut off")
        if tag >> 3 == 1:
            if length > untrusted.MAX_NODE:
                raise ValueError(f"a node has {length} bytes")
            yield data[place : place + length]
        place += length
    raise ValueError("it has too many nodes")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for i in range(min(10, len(data) - place)):
        value |= (data[place + i] & 127) << 7 * i
        if data[place + i] < 128:
            return value, place + i + 1
    raise ValueError("it is of another format, or cut off")
