"""Networks whose features describe the content of an image, for content losses."""

import keras

LAYER = "block5_conv4"  # phi_5,4 of the paper, with its activation
FEATURE_SCALE = 1 / 12.75  # scales losses on features to the size of losses on pixels
MEANS = (103.939, 116.779, 123.68)  # means of blue, green, red in 0..255


def vgg19(channels: int, value_range) -> keras.Model:
    """Network from images (N, H, W, 3) to features of VGG19, for sides from 16.

    As in SRGAN (Ledig et al. 2017, arXiv 1609.04802, section 2.2.1): the fourth
    convolution before the fifth pooling, after its ReLU (ESRGAN takes it before),
    scaled by 1/12.75. The weights come from `keras.applications`, trained on ImageNet
    with images in 0..255, blue first, minus the channels' means.

    Args:
        channels: channels of the images, which must be 3.
        value_range: (low, high) of the images.

    Raises:
        ValueError: another number of channels, or weights that are not available.
    """
    if channels != 3:
        raise ValueError(
            'VGG19 sees colours: content="vgg19" needs images of 3 channels. Use '
            f'"pixels" or a keras.Model of your own. Received: {channels}.'
        )
    try:
        whole = keras.applications.VGG19(include_top=False, weights="imagenet")
    except Exception as error:  # whatever error the download raises
        raise ValueError(
            "The weights of VGG19 are not on this machine and could not be fetched "
            f'({type(error).__name__}: {error}). Use content="pixels" or a keras.Model '
            "of your own."
        ) from error
    low, high = value_range
    image = keras.Input((None, None, 3), name="image")
    x = (image - low) * (255 / (high - low))
    x = keras.layers.Rescaling(1.0, offset=[-mean for mean in MEANS])(x[..., ::-1])
    features = keras.Model(whole.input, whole.get_layer(LAYER).output, name="vgg19")
    x = keras.layers.Rescaling(FEATURE_SCALE)(features(x))
    return keras.Model(image, x, name="content")
