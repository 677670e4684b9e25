"""CycleGAN: images from images, learnt without pairs."""

from ganzoo.cycle_model import CycleGAN
from ganzoo.gan import assemble
from ganzoo.networks import patchgan, resnet_generator
from ganzoo.registry import register

SQUARES = {"name": "least_squares", "factor": 1.0}


@register(
    "cyclegan",
    paper="Zhu et al. 2017, Unpaired Image-to-Image Translation using "
    "Cycle-Consistent Adversarial Networks, arXiv 1703.10593",
    tasks=("translation",),
    batch_keys=("real", "unpaired"),
    by_steps=("decay_steps",),
)
def cyclegan(
    image_shape=(64, 64, 3),
    source_shape=None,
    filters=32,
    blocks=6,
    norm="instance",
    d_filters=None,
    d_levels=3,
    d_norm="instance",
    loss=SQUARES,
    cycle=10.0,
    identity=0.5,
    pool=50,
    d_weight=0.5,
    decay_steps=None,
    value_range=(-1.0, 1.0),
    **options,
):
    """Two residual generators and two 70x70 PatchGANs, least squares, no pairs.

    As in the paper: squares without LSGAN's factor 1/2, D's loss halved, cycle weight
    10, a pool of 50 past fakes, instance normalisation, reflected borders, Adam at 2e-4
    with beta_1 0.5, kernels from N(0, 0.02). The identity term of half the cycle's
    weight is as in the authors' code; the paper has it for paintings and flowers. The
    paper's nets have 64 filters, and 9 blocks from 256x256 on; its batches are of 1.
    `ganzoo train` sets `decay_steps` to its steps: the rates fall in the second half.
    The authors' code lets D see the fakes of G's own step; here, as in all variants,
    each step makes its own. `cycle=0` is the twin without cycles and identities.

    Proven: every term, the pool and the schedule by hand
    (tests/variants/test_cyclegan.py, tests/layers/test_pool.py).

    Args:
        image_shape: (H, W, C) of set B, sides of at least 8.
        source_shape: of set A, with the same sides; by default the same.
        filters: channels of the first convolution of the generators.
        blocks: residual blocks of the generators.
        norm: the generators' normalisation, a name of `networks.norms`.
        d_filters: of the PatchGANs; by default as `filters`.
        d_levels: of the PatchGANs: 1 sees 16x16, 3 70x70, 5 286x286 pixels.
        d_norm: their normalisation.
        loss: adversarial loss, by name or table.
        cycle: weight of the cycles; 0 leaves them out, and the identities.
        identity: weight of the identities, as a share of `cycle`.
        pool: past fakes kept of each set; 0 keeps none.
        d_weight: weight of D's losses.
        decay_steps: G updates of the whole training; None keeps the rates.
        value_range: of the images.

    Raises:
        ValueError: shapes that differ in more than the channels, or an identity
            between sets of other channels.
    """
    shapes = tuple(image_shape), tuple(source_shape or image_shape)
    _check_shapes(*shapes, identity=cycle * identity)
    b, a = shapes
    common = {"filters": filters, "blocks": blocks, "norm": norm}
    judge = {"filters": d_filters or filters, "levels": d_levels, "d_norm": d_norm}
    there, back = (
        resnet_generator.generator(
            made, source_channels=given[-1], value_range=value_range, **common
        )
        for made, given in ((b, a), (a, b))
    )
    return assemble(
        CycleGAN,
        generator=there,
        reverse_generator=back,
        discriminator=patchgan.discriminator(b, **judge),
        reverse_discriminator=patchgan.discriminator(a, **judge),
        image_shape=b,
        source_shape=a,
        multiple=resnet_generator.MULTIPLE,
        loss=loss,
        cycle=cycle,
        identity=identity,
        pool=pool,
        d_weight=d_weight,
        decay_steps=decay_steps,
        value_range=value_range,
        **options,
    )


def _check_shapes(image_shape, source_shape, identity):
    if image_shape[:2] != source_shape[:2] or (
        identity and image_shape != source_shape
    ):
        raise ValueError(
            "Both sets need images of one size, and of the same channels unless "
            f"identity=0. Received: {image_shape} and {source_shape}."
        )
