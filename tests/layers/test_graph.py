"""The graph convolution by hand."""

import numpy as np
from helpers import copied

from ganzoo.layers import GraphConvolution


def test_two_nodes_and_two_kinds_by_hand():
    layer = GraphConvolution(1)
    hidden = np.array([[[1.0], [2.0]]], "float32")
    edges = np.array([[[0.5, 1.0]]], "float32")  # the pair (0, 1)
    layer([hidden, edges])
    layer.set_weights([np.array([[10.0, 1.0, 100.0]]), np.array([0.25, 3.0, 0.0])])
    out = layer([hidden, edges]).numpy()[0, :, 0]
    # Its own 10 h + 0.25, half of the first kind's h + 3, all of the second's 100 h.
    own, other = 10 * hidden[0, :, 0] + 0.25, hidden[0, ::-1, 0]
    np.testing.assert_allclose(out, own + 0.5 * (other + 3) + 100 * other)


def test_nodes_that_share_no_edge_do_not_meet():
    layer = GraphConvolution(2)
    hidden = np.random.default_rng(0).normal(size=(1, 3, 4)).astype("float32")
    edges = np.array([[[1.0], [0.0], [0.0]]], "float32")  # (0, 1) alone
    before = layer([hidden, edges]).numpy()
    hidden[0, 1] += 1
    after = layer([hidden, edges]).numpy()
    assert (before[0, :2] != after[0, :2]).all()
    np.testing.assert_array_equal(before[0, 2], after[0, 2])


def test_its_config_and_shape():
    layer = copied(GraphConvolution(3))
    assert layer.units == 3
    assert layer.compute_output_shape([(None, 4, 5), (None, 6, 2)]) == (None, 4, 3)
