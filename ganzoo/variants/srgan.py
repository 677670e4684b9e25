"""SRGAN: realistic super-resolution by a content and an adversarial loss."""

import keras
import tensorflow as tf

from ganzoo.models.assemble import assemble
from ganzoo.models.from_image import RECONSTRUCTIONS
from ganzoo.models.super_resolution import SuperResolution, factor
from ganzoo.networks import content as contents
from ganzoo.networks import subpixel
from ganzoo.utils.options import check_known
from ganzoo.variants._registry import register


@keras.saving.register_keras_serializable("ganzoo")
class SRGAN(SuperResolution):
    """G minimises the distance between features, and the adversarial term.

    Args:
        content: network from images (N, H, W, C) in `value_range` to features, which
            is frozen and saved with the model; None for the pixels themselves.
        **settings: see `srgan` and `SuperResolution`.
    """

    def __init__(self, *, content=None, content_weight=1.0, **settings):
        super().__init__(**settings)
        if content is not None:
            content.trainable = False
        self.content = content
        self.content_weight = content_weight
        self.loss_terms = (*self.loss_terms, "g_content")

    def reconstruct(self, batch, fake, training):
        features = (self._features(x) for x in (batch["real"], fake["sample"]))
        distance = self.content_weight * RECONSTRUCTIONS["l2"](*features)
        return {**super().reconstruct(batch, fake, training), "g_content": distance}

    def _features(self, images):
        if self.content is None:
            return images
        return tf.cast(self.content(images, training=False), self.variable_dtype)


@register(
    "srgan",
    paper="Ledig et al. 2017, Photo-Realistic Single Image Super-Resolution Using a "
    "Generative Adversarial Network, arXiv 1609.04802",
    tasks=("translation",),
    batch_keys=("real", "source"),
)
def srgan(
    image_shape=(96, 96, 3),
    source_shape=None,
    scale=None,
    filters=64,
    blocks=16,
    norm="batch",
    d_filters=None,
    d_units=1024,
    d_norm="batch",
    content="pixels",
    content_weight=1.0,
    adversarial=1e-3,
    value_range=(-1.0, 1.0),
    learning_rate=1e-4,
    beta_1=0.9,
    **options,
):
    """`srresnet`'s generator against a discriminator, with a loss on content.

    As in the paper: the content loss plus 1e-3 times the adversarial one, D of eight
    convolutions, Adam at 1e-4 with beta_1 0.9. The paper starts from a trained
    SRResNet to avoid a poor optimum: `--init_from=RUN`. It then takes 1e5 updates at
    1e-4 and as many at 1e-5; here, `decay_steps` lets the rate fall linearly.
    `content="pixels"`, the default, is the paper's SRGAN-MSE and needs no download.
    `"vgg19"` is its SRGAN-VGG54, with a mean over channels instead of the sum; it adds
    80 MB to each file of the model (see `networks.content` for layer, range and
    scaling). `"vgg16_edges"` needs a package instead of a download: VGG16, trained
    further to find edges. ESRGAN's adversarial loss (Wang et al. 2018, 1809.00219) is
    `loss="relativistic_average"`. A size for two cores:
    `filters=32, blocks=5, d_filters=16, d_units=128`.

    Tested: every term by hand (tests/variants/test_srgan.py).

    Args:
        image_shape: (H, W, C) of the samples.
        source_shape: shape of the sources; by default derived from `scale`.
        scale: size of a sample relative to its source, 2 or 4; by default derived from
            the shapes, or 4.
        filters: channels of the generator.
        blocks: residual blocks.
        norm: G's normalisation, a name of `networks.norms`.
        d_filters: channels of D's first level; by default as `filters`.
        d_units: units of D's dense layer.
        content: "pixels", "vgg19", "vgg16_edges", or a `keras.Model` of images in
            `value_range`, which is frozen.
        content_weight: weight of the mean squared difference of its features.
        adversarial: weight of G's adversarial term; 0 builds no D.

    Raises:
        ValueError: another scale, shapes that do not match it, or a content network
            that is not available or does not take the images.
    """
    source_shape, scale = factor(image_shape, source_shape, scale, subpixel.SCALES)
    discriminator = subpixel.discriminator(
        image_shape, filters=d_filters or filters, units=d_units, d_norm=d_norm
    )
    return assemble(
        SRGAN,
        generator=subpixel.generator(
            image_shape, scale=scale, filters=filters, blocks=blocks, norm=norm
        ),
        discriminator=discriminator if adversarial else None,
        image_shape=image_shape,
        source_shape=source_shape,
        reach=subpixel.reach(scale, blocks, norm),
        content=_content_network(content, image_shape, value_range),
        content_weight=content_weight,
        adversarial=adversarial,
        value_range=value_range,
        learning_rate=learning_rate,
        beta_1=beta_1,
        **options,
    )


CONTENTS = {
    "pixels": lambda channels, value_range: None,
    "vgg19": contents.vgg19,
    "vgg16_edges": contents.vgg16_edges,
}


def _content_network(content, image_shape, value_range):
    if not isinstance(content, keras.Model):
        check_known("content network", [content], CONTENTS)
        content = CONTENTS[content](image_shape[-1], value_range)
    try:
        if content is not None:
            content(tf.zeros((1, *image_shape)), training=False)
    except Exception as error:  # whatever error the network raises
        raise ValueError(
            f"The content network must take images of {tuple(image_shape)}, and this "
            f"one does not ({type(error).__name__}: {error})."
        ) from error
    return content
