"""Spectral normalisation (Miyato et al. 2018, arXiv 1802.05957)."""

import keras
import tensorflow as tf

START = 10  # power iterations on the initial kernel


@keras.saving.register_keras_serializable("ganzoo")
class SpectralNorm(keras.layers.Wrapper):
    """Calls `layer` with kernel / sigma, sigma the kernel's largest singular value.

    The kernel itself stays raw. Sigma is v' W u, where W is the kernel as a
    matrix whose columns are its last axis (output channels, of a transposed
    convolution input channels; a depthwise kernel is a single column, whose norm
    bounds that of each channel), and u a stored estimate of
    the right singular vector, advanced by one power iteration. The gradient flows
    through W in v' W u, not through u and v, as in the paper.

    A call only reads: every pass through D between two updates (real, fake, the
    penalty's samples, G's step, evaluation) uses the same sigma. The stored u advances
    by one iteration after each optimizer update, through the kernel's constraint, which
    Keras calls exactly then. Weights are equal on all replicas, and so is u.

    Args:
        layer: any layer with a `kernel`, such as Dense, a convolution or Maxout.

    Raises:
        ValueError: the kernel has a constraint of its own.
    """

    def __init__(self, layer, **kwargs):
        # Sigma is as precise as the weights; `layer` casts its own operands.
        kwargs = {**kwargs, "autocast": False, "dtype": layer.variable_dtype}
        super().__init__(layer, **kwargs)

    def build(self, input_shape):
        super().build(input_shape)
        kernel = self.layer.kernel
        if kernel.constraint is not None:
            raise ValueError(
                "The kernel of a spectrally normalised layer takes no constraint, "
                f"which would undo its sigma. Received: {kernel.constraint!r} in "
                f"{self.layer.name!r}."
            )
        self.u = self.add_weight(
            (kernel.shape[-1],), "random_normal", trainable=False, name="u"
        )
        for _ in range(START):
            self.advance(kernel)
        kernel.constraint = _AfterUpdate(self)

    def advance(self, kernel):
        """Advances u by one power iteration; returns the kernel unchanged."""
        self.u.assign(_iterate(_matrix(kernel), self.u.value)[0])
        return kernel

    def sigma(self):
        """Returns the estimate of the kernel's largest singular value, a scalar."""
        matrix = _matrix(self.layer.kernel)
        u, v = _iterate(tf.stop_gradient(matrix), self.u.value)
        return tf.tensordot(v, tf.linalg.matvec(matrix, u), 1)

    def call(self, inputs):
        kernel = self.layer.kernel
        # All values, not only the kernel's: the scope hides any enclosing scope.
        values = [(variable, variable.value) for variable in self.layer.variables]
        with keras.StatelessScope([*values, (kernel, kernel / self.sigma())]):
            return self.layer(inputs)


class _AfterUpdate(keras.constraints.Constraint):
    """Notifies a layer after each update of its kernel."""

    def __init__(self, layer):
        self.layer = layer

    def __call__(self, w):
        return self.layer.advance(w)


def _matrix(kernel):
    return tf.reshape(kernel.value, (-1, kernel.shape[-1]))


def _iterate(matrix, u):
    """Runs one power iteration from u; returns the new u and v, both of length 1."""
    v = _unit(tf.linalg.matvec(matrix, u))
    return _unit(tf.linalg.matvec(matrix, v, transpose_a=True)), v


def _unit(vector):
    return tf.math.l2_normalize(vector, epsilon=1e-30)
