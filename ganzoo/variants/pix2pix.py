"""pix2pix: image translation, learned from pairs."""

from ganzoo.models.assemble import assemble
from ganzoo.models.from_image import TranslationModel
from ganzoo.models.masked import MaskedModel, check_masked
from ganzoo.networks import patchgan, unet
from ganzoo.variants._registry import register


@register(
    "pix2pix",
    paper="Isola et al. 2017, Image-to-Image Translation with Conditional Adversarial "
    "Networks, arXiv 1611.07004",
    tasks=("translation",),
    batch_keys=("real", "source"),
)
def pix2pix(
    image_shape=(64, 64, 3),
    source_shape=None,
    filters=32,
    levels=None,
    dropout=0.5,
    noise=True,
    latent_dim=0,
    norm="instance",
    d_filters=None,
    d_levels=None,
    d_norm="instance",
    d_sees_source=True,
    masked=False,
    l1=100.0,
    adversarial=1.0,
    d_weight=0.5,
    value_range=(-1.0, 1.0),
    **options,
):
    """A U-Net against a 70x70 PatchGAN that sees the source, with L1.

    As in the paper: L1 with weight 100, D's loss halved, Adam at 2e-4 with beta_1 0.5,
    kernels from N(0, 0.02), and dropout as the only noise. Dropout stays active in use,
    so `translate(images, samples=k)` has k answers; `noise=False` turns it off there.
    (Adam does not depend on the scale of a loss: halving D's loss changes little.) The
    paper's nets have 64 filters, 8 levels for 256x256 images, and batches of 1. At that
    size, its batch normalisation is instance normalisation, the default here for any
    batch. `adversarial=0` is the L1 ablation, without D. The data provide the paper's
    random jitter: `ganzoo train --load_size --flip` crops images that are loaded larger
    (286 for 256 in the paper), and mirrors them.

    Tested: every term by hand, noise and padding in use
    (tests/variants/test_pix2pix.py, tests/models/test_from_image.py).

    Args:
        image_shape: (H, W, C) of the targets, sides of at least 4.
        source_shape: shape of the sources, with the same sides; by default the same.
        filters: channels of the first level, 64 in the paper.
        levels: levels of the U-Net; by default down to one position, at most 8.
        dropout: dropout rate in the innermost three levels of the decoder.
        noise: if True, dropout stays active in use.
        latent_dim: length of an additional latent; the paper reports that G ignores it.
        norm: G's normalisation, a name of `networks.norms`.
        d_filters: filters of the PatchGAN; by default as `filters`.
        d_levels: levels of the PatchGAN: 1 sees 16x16, 3 70x70, 5 286x286 pixels; by
            default 3, or fewer for images of 8 pixels.
        d_sees_source: if True, D sees the source with the sample.
        masked: if True, a source holds a mask before its image, and G changes nothing
            but what the mask marks, see `models.masked.MaskedModel`. D and L1 see the
            result.
        l1: weight of the L1 distance; 0 leaves it out.
        adversarial: weight of G's adversarial term; 0 builds no D.
        d_weight: weight of D's loss.

    Raises:
        ValueError: `masked` with sources that have no mask.
    """
    *sides, channels = image_shape
    source_shape = tuple(source_shape or (*sides, channels + masked))
    if masked:
        check_masked(source_shape, image_shape)
    levels = levels or unet.level_count(*image_shape[:-1])
    generator = unet.generator(
        image_shape,
        source_channels=source_shape[-1],
        filters=filters,
        levels=levels,
        norm=norm,
        dropout=dropout,
        noise=noise,
        latent_dim=latent_dim,
        value_range=value_range,
    )
    discriminator = patchgan.discriminator(
        image_shape,
        source_channels=source_shape[-1] if d_sees_source else 0,
        filters=d_filters or filters,
        levels=d_levels,
        d_norm=d_norm,
    )
    return assemble(
        MaskedModel if masked else TranslationModel,
        generator=generator,
        discriminator=discriminator if adversarial else None,
        image_shape=image_shape,
        source_shape=source_shape,
        multiple=unet.multiple(levels),
        reconstruction={"l1": l1} if l1 else {},
        adversarial=adversarial,
        d_weight=d_weight,
        value_range=value_range,
        **options,
    )
