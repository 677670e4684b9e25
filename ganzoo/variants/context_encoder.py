"""Context encoder: what belongs into the hole of an image, or of a clip's frame."""

from ganzoo.gan import assemble
from ganzoo.inpainting_model import InpaintingModel
from ganzoo.networks import channelwise, dcgan
from ganzoo.registry import register


@register(
    "context-encoder",
    paper="Pathak et al. 2016, Context Encoders: Feature Learning by Inpainting, "
    "arXiv 1604.07379",
    tasks=("translation",),
    batch_keys=("real", "source"),
)
def context_encoder(
    image_shape=(64, 64, 3),
    source_shape=None,
    filters=64,
    levels=None,
    norm="batch",
    d_filters=None,
    d_norm="batch",
    hole=0.999,
    overlap=0,
    overlap_weight=10.0,
    adversarial=0.001,
    value_range=(-1.0, 1.0),
    g_learning_rate=2e-3,
    **options,
):
    """An encoder and decoder that fill holes, judged by a DCGAN discriminator.

    As in the paper: 0.999 times the squared error in the hole plus 0.001 times the
    adversarial loss, Adam with beta_1 0.5 at 2e-4 for D and ten times that for G, a
    mean colour in the hole of the source. We leave the paper in this: the source has
    the mask as a channel, so that a hole may be anywhere and of any form; the encoder
    is DCGAN's (the authors' code), not AlexNet; the middle has the channels of the
    last level, not 4000; G predicts the whole image, of which the sample keeps the
    hole alone, and D sees that, the known pixels around it. The paper's centre case
    predicts a border of 7 pixels as well, with weight 10: `overlap=7`. Its error is a
    sum, divided by the pixels of the hole here, so that holes of any size weigh alike.
    `adversarial=0` is the twin without D. For the frame of a clip, neighbouring frames
    are further channels of `source_shape`. See `ganzoo.data.holes.punch`.

    Proven: every term by hand, the known pixels kept
    (tests/variants/test_context_encoder.py).

    Args:
        image_shape: (H, W, C), sides of at least 8.
        source_shape: of the sources: neighbouring frames, mask, image; by default
            without neighbours.
        filters: channels of G's first level.
        levels: of G; by default down to about 4 positions along the shorter side.
        norm: G's normalisation, a name of `networks.norms`.
        d_filters: of D's first level; by default as `filters`.
        d_norm: D's normalisation.
        hole: weight of the squared error.
        overlap: pixels around the hole that G predicts, too.
        overlap_weight: of a pixel there, next to 1 in the hole.
        adversarial: weight of G's adversarial term; 0 builds no D.
        value_range: of the images.
        g_learning_rate: G's own rate.

    Raises:
        ValueError: sources without a mask, or a wrong `overlap`.
    """
    *sides, channels = image_shape
    source_shape = tuple(source_shape or (*sides, channels + 1))
    _check(source_shape, channels, overlap)
    generator = channelwise.generator(
        image_shape,
        source_channels=source_shape[-1],
        filters=filters,
        levels=levels,
        norm=norm,
        value_range=value_range,
    )
    discriminator = dcgan.discriminator(
        image_shape, filters=d_filters or filters, d_norm=d_norm
    )
    return assemble(
        InpaintingModel,
        generator=generator,
        discriminator=discriminator if adversarial else None,
        image_shape=image_shape,
        source_shape=source_shape,
        hole=hole,
        overlap=overlap,
        overlap_weight=overlap_weight,
        adversarial=adversarial,
        value_range=value_range,
        g_learning_rate=g_learning_rate,
        **options,
    )


def _check(source_shape, channels, overlap):
    if source_shape[-1] % channels != 1 % channels or source_shape[-1] <= channels:
        raise ValueError(
            "Sources must have the channels of an image, one of its mask, and those of "
            f"neighbouring frames, if any: {channels + 1}, {2 * channels + 1}, ... "
            f"Received: {source_shape[-1]}."
        )
    if not isinstance(overlap, int) or overlap < 0:
        raise ValueError(
            f"`overlap` must be a whole number from 0. Received: {overlap!r}."
        )
