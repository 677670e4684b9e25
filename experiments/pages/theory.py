"""Table of docs/theory.md, which `python experiments/tables.py` writes."""

from pages.recorded import recorded, table

# (idea, code, results whose headlines show it, or tests that prove it)
ROWS = [
    (
        "the minimax game, V(D, G)",
        "`losses.minimax`",
        "`tests/test_losses.py`: V(D*) = -log 4 + 2 JSD by hand",
    ),
    (
        "D* = p_data / (p_data + p_model)",
        "`losses.minimax`, `model.probability_real`",
        ["vanilla_ring8"],
    ),
    (
        "the non-saturating loss of G",
        "`losses.non_saturating`",
        "`tests/test_losses.py`: gradients 4.5e-5 and 1 where D wins",
    ),
    (
        "Algorithm 1, k steps of D",
        "`d_steps`, `AdversarialModel.train_step`",
        "`tests/models/test_gan.py`: the order of updates, k of 1, 2 and 5",
    ),
    (
        "perceptrons, dropout and maxout",
        "`vanilla`, `vanilla_mnist_paper`",
        ["vanilla_mnist_paper"],
    ),
    (
        "the prior of the latent",
        "`prior=`",
        ["3dgan_shapes_prior", "3dgan_shapes_prior_defaults"],
    ),
    (
        "noise and latents into hidden layers",
        "`network.hidden_noise`, `network.latent_to_hidden`",
        ["theory_noise"],
    ),
    (
        "a latent smaller than the data",
        "`latent_dim`",
        ["theory_dimension"],
    ),
    (
        "G approaches the data",
        "`SampleGrid`: D's field over data and samples",
        ["vanilla_ring8"],
    ),
    (
        "D and G in balance",
        "`began`, `HealthMonitor`, `gate` of `3dgan`",
        ["3dgan_shapes"],
    ),
    (
        "collapse, seen and named",
        "`HealthMonitor`, `metrics.mode_coverage`",
        ["alarms"],
    ),
    ("minibatch features against it", "`layers.MinibatchStdDev`", ["effects"]),
    ("packs against it", "`pacgan`, `pack`", ["pacgan_stacked_mnist_weak"]),
    ("look-ahead against it", "`unrolled`", ["unrolled_ring8"]),
    (
        "one-sided label smoothing, and the spurious mode",
        '`loss={"name": "non_saturating", "real_target": 0.9}`',
        ["theory_smoothing"],
    ),
    ("quality and the number of data", "`dcgan`", ["theory_size"]),
    ("quality and the rates of learning", "`learning_rate=`", ["theory_rates"]),
    (
        "which losses converge",
        "`losses`, `penalties`",
        "`tests/test_dirac.py`: the Dirac-GAN's orbits and fixed points by hand",
    ),
    (
        "the critic's slope: clipping, penalty, spectral norm",
        "`wgan`, `wgan-gp`, `sngan`",
        ["stacked_mnist_wgan_gp"],
    ),
    (
        "how to evaluate, an open problem",
        "`ganzoo.metrics`",
        ["metrics_sense"],
    ),
    ("self-attention", "`sagan`", ["sagan_digits"]),
    ("convolutional nets", "`dcgan`", ["dcgan_mnist"]),
    ("the axes loss and backbone", "`loss=`, `network=`, `d_norm=`", ["combinations"]),
    ("conditions: a class", "`cgan`, `sample(label=)`", ["cgan_mnist"]),
    (
        "conditions: several attributes at once",
        "`cgan`, `condition=tags`",
        ["faces_conditions"],
    ),
    ("a D that classifies", "`acgan`", ["acgan_digits"]),
    ("n + 1 classes, few labels", "`sgan`, `labels_per_class`", ["sgan_mnist_100"]),
    (
        "feature matching",
        "`losses.feature_matching`, `improved`",
        ["improved_digits"],
    ),
    (
        "codes that mean something",
        "`infogan`, `sample(code=)`",
        ["infogan_mnist_small", "faces_codes"],
    ),
    ("the inverse of G", "`bigan`, `model.encode`", ["bigan_digits"]),
    (
        "latent arithmetic: glasses on faces",
        "`latent.directions`, `model.project`",
        ["latent_faces"],
    ),
    ("an image from a text", "`text2image`", ["text2image_faces", "text2image_emoji"]),
    (
        "one source, many right answers",
        "`pix2pix`, `translate(samples=)`",
        ["pix2pix_halves"],
    ),
    ("sketches to photographs", "`pix2pix`", ["pix2pix_edges"]),
    ("label maps to photographs", "`pix2pix`", ["pix2pix_facades"]),
    (
        "maps from satellite photographs",
        "`pix2pix`",
        ["pix2pix_maps", "pix2pix_maps_back"],
    ),
    ("style without pairs", "`cyclegan`", ["cyclegan_ink", "cyclegan_glasses"]),
    ("super-resolution", "`srgan`", ["srgan_x4"]),
    ("in-painting", "`context-encoder`", ["inpaint", "inpaint_clips"]),
    ("the next frame", "`next-frame`", ["next_frame_moving_mnist"]),
    ("volumes", "`3dgan`", ["3dgan_chairs", "3dgan_modelnet10"]),
    ("text", "`wgan-gp` on sequences", ["wgan_gp_words"]),
    ("tables: features to label, label to features", "`cgan`", ["cgan_spam"]),
    ("new molecules", "`molgan`", ["molgan_qm9"]),
    ("the climate and single houses", "`pix2pix`, a mask", ["pix2pix_flood"]),
    (
        "explicit likelihood, variational bound, Markov chain, diffusion",
        "`made`, `vae`, `rbm`, `ddpm`",
        ["families"],
    ),
]


def theory() -> str:
    """Every idea of the theory, its code, and what was measured of it."""
    rows = []
    for idea, code, shown in ROWS:
        if not isinstance(shown, str):
            shown = "; ".join(_result(name) for name in shown)
        rows.append((idea, code, shown))
    return table(("idea", "code", "what shows it"), rows)


def _result(name):
    try:
        headline = recorded(name)["headline"]
    except FileNotFoundError:
        return f"{name}: not measured yet"
    return f"[{name}](../zoo_configs/results/{name}.json): {headline}"
