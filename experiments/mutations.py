"""Faults put into the code by hand, and whether the tests named for each catch it.

    python experiments/mutations.py unchanged    # the tests alone, which must pass
    python experiments/mutations.py [NUMBER...]

Every mutation is one change of a copy of this checkout: a sign, a dropped term, real
for fake, a seed used twice, a wrong axis, a local mean for a global one. It is caught
if a test fails. TensorFlow is imported once; each mutation runs in a fork. Exits with
1 if one survives.
"""

import functools
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PARTS = ("ganzoo", "tests", "experiments", "zoo_configs", "docs", "colab")
FILES = ("pyproject.toml", "setup.py", "README.md", "CHANGELOG.md")


class Mutation(NamedTuple):
    """`old` becomes `new` in a file of ganzoo/; `tests` are arguments of pytest."""

    file: str
    old: str
    new: str
    tests: str


M = Mutation
LOSSES = "tests/test_losses.py -k 'test_value or by_hand or own_loss'"
PENALTIES = "tests/test_penalties.py -k '{}'"
AUGMENT = "tests/test_augment.py"
HEALTH = "tests/training/callbacks/test_health.py -k 'not trained'"
ADVERSARIAL = "tests/models/test_adversarial.py"
EQUAL = "tests/test_variants.py -k 'device_equals_two and {}'"

MUTATIONS = [
    # --- losses
    M(
        "losses.py",
        "_cross_entropy(fake, 0),\n        lambda",
        "_cross_entropy(fake, 1),\n        lambda",
        LOSSES,
    ),
    M(
        "losses.py",
        "lambda real, fake: -_cross_entropy(fake, 0)",
        "lambda real, fake: _cross_entropy(fake, 0)",
        LOSSES,
    ),
    M(
        "losses.py",
        "lambda real, fake: _cross_entropy(fake, 1),",
        "lambda real, fake: _cross_entropy(real, 1),",
        LOSSES,
    ),
    M(
        "losses.py",
        "square(real - 1) + square(fake)",
        "square(real + 1) + square(fake)",
        LOSSES,
    ),
    M(
        "losses.py",
        "tf.reduce_mean(fake) - tf.reduce_mean(real)",
        "tf.reduce_mean(real) - tf.reduce_mean(fake)",
        LOSSES,
    ),
    M("losses.py", "tf.nn.relu(1 + fake)", "tf.nn.relu(1 - fake)", LOSSES),
    M(
        "losses.py",
        "tf.math.softplus(real - fake)",
        "tf.math.softplus(fake - real)",
        LOSSES,
    ),
    M(
        "losses.py",
        "lambda real, fake: discriminator(fake, real)",
        "lambda real, fake: discriminator(real, fake)",
        LOSSES,
    ),
    M(
        "losses.py",
        "return distribute.global_mean(tf.reduce_mean(logits))",
        "return tf.reduce_mean(logits)",
        "tests/test_losses.py -k 'global_batch and relativistic_average'",
    ),
    M("losses.py", "v * v / 4 + v", "v * v / 2 + v", LOSSES),
    M(
        "losses.py",
        "-(bound if saturating else score)(fake)",
        "-(score if saturating else bound)(fake)",
        LOSSES,
    ),
    M(
        "losses.py",
        "distribute.global_mean(tf.reduce_mean(features, axis=0))",
        "tf.reduce_mean(features, axis=0)",
        EQUAL.format("sgan"),
    ),
    M(
        "losses.py",
        "tf.reduce_mean(features, axis=0)",
        "tf.reduce_mean(features, axis=1)",
        LOSSES,
    ),
    # --- penalties
    M(
        "penalties.py",
        "axis=range(1, len(gradient.shape))",
        "axis=range(2, len(gradient.shape))",
        PENALTIES.format("linear_critic or norm_is or points_between"),
    ),
    M(
        "penalties.py",
        "_one_a_sample(real, seed) * (fake - real)",
        "_one_a_sample(real, seed) * (real - fake)",
        PENALTIES.format("linear_critic or norm_is or points_between"),
    ),
    M(
        "penalties.py",
        "lambda squares: squares / 2)\n\n\ndef r2",
        "lambda squares: squares)\n\n\ndef r2",
        PENALTIES.format("linear_critic or norm_is or points_between"),
    ),
    M(
        "penalties.py",
        "lambda real, fake, seed: fake,",
        "lambda real, fake, seed: real,",
        PENALTIES.format("linear_critic or norm_is or points_between"),
    ),
    M(
        "penalties.py",
        "_, variance = distribute.global_moments(real, list(range(len(real.shape))))",
        "variance = tf.math.reduce_variance(real)",
        PENALTIES.format("dragan and not two_replicas"),
    ),
    M(
        "penalties.py",
        "distribute.fold(seed, 1), real.dtype)\n        part",
        "distribute.fold(seed, 0), real.dtype)\n        part",
        PENALTIES.format("dragan and not two_replicas"),
    ),
    M(
        "penalties.py",
        "tf.nn.relu(tf.math.divide_no_nan(sum_real, weight) - fake)",
        "tf.nn.relu(fake - tf.math.divide_no_nan(sum_real, weight))",
        PENALTIES.format("lecam_by_hand or lecam_follows or global_batch"),
    ),
    M(
        "penalties.py",
        "self.decay * self.sums + (1 - self.decay) * new",
        "(1 - self.decay) * self.sums + self.decay * new",
        PENALTIES.format("lecam_by_hand or lecam_follows or global_batch"),
    ),
    M(
        "penalties.py",
        "of_logits = True",
        "of_logits = False",
        PENALTIES.format("takes_the_logits"),
    ),
    M(
        "networks/norms.py",
        "Norm(after=batch_norm, hides_mean=True)",
        "Norm(after=batch_norm)",
        "tests/networks/test_families.py -k 'hides_its_mean'",
    ),
    M(
        "networks/graph.py",
        "*map(layers.Flatten(), chosen)]",
        "layers.Flatten()(chosen[0])]",
        "tests/networks/test_graph.py -k 'choices_before'",
    ),
    M(
        "layers/categorical.py",
        "1.0 if training else self.choice_temperature",
        "self.choice_temperature",
        "tests/layers/test_categorical.py -k 'inference_alone'",
    ),
    M(
        "penalties.py",
        "distribute.global_mean(here)",
        "here",
        PENALTIES.format("lecam_by_hand or lecam_follows or global_batch"),
    ),
    M(
        "penalties.py",
        "lambda: value(self.every)",
        "lambda: value()",
        PENALTIES.format("mean_over_an_interval"),
    ),
    M(
        "penalties.py",
        "every / (every + 1)",
        "every / (every + 2)",
        PENALTIES.format("corrected_for_the_interval or shortest"),
    ),
    # --- augmentation
    M(
        "augment.py",
        "transform(x, distribute.fold(seed, i), step)",
        "transform(x, seed, step)",
        AUGMENT,
    ),
    M(
        "augment.py",
        "axis=-1, keepdims=True)\n        x = grey",
        "axis=1, keepdims=True)\n        x = grey",
        AUGMENT,
    ),
    M(
        "augment.py",
        "_whole(2 * most + 1, x, seed, axis) - most",
        "_whole(2 * most + 1, x, seed, 1) - most",
        AUGMENT,
    ),
    M(
        "augment.py",
        "left = tf.maximum(1 - done, 0.0)",
        "left = tf.maximum(1 - done, 0.5)",
        AUGMENT,
    ),
    # --- the draws and layers
    M(
        "distribute.py",
        "start = replica_id() * size",
        "start = 0",
        "tests/test_distribute.py",
    ),
    M(
        "distribute.py",
        "before = start % per_block",
        "before = 0",
        "tests/test_distribute.py",
    ),
    M(
        "distribute.py",
        "context.all_reduce(tf.distribute.ReduceOp.SUM, value) / replica_count()",
        "context.all_reduce(tf.distribute.ReduceOp.SUM, value)",
        "tests/test_distribute.py",
    ),
    M(
        "layers/noise.py",
        "(distribute.fold(seed, n) for n in itertools.count())",
        "(seed for n in itertools.count())",
        "tests/layers/test_noise.py",
    ),
    M(
        "layers/noise.py",
        "tf.cast(65536 / (65536 - threshold)",
        "tf.cast(1 / (1 - self.rate)",
        "tests/layers/test_noise.py",
    ),
    M(
        "layers/noise.py",
        "inputs + self.stddev * noise",
        "inputs + self.stddev**2 * noise",
        "tests/layers/test_noise.py",
    ),
    M(
        "distribute.py",
        "tf.unstack(global_mean(tf.stack(here)))",
        "tf.unstack(tf.stack(here))",
        "tests/layers/test_normalization.py",
    ),
    M(
        "layers/normalization.py",
        "distribute.global_moments if self.synchronized else distribute.moments",
        "distribute.global_moments",
        "tests/layers/test_normalization.py",
    ),
    M(
        "distribute.py",
        "tf.reduce_mean(tf.square(value - mean), axes, keepdims)",
        "tf.reduce_mean(tf.square(value - tf.stop_gradient(mean)), axes, keepdims)",
        "tests/layers/test_normalization.py",
    ),
    M(
        "metrics/arrays.py",
        "1e-13 * (x_norms[:, None] + y_norms)",
        "1e-13 * (x_norms.max() + y_norms.max())",
        "tests/metrics/test_arrays.py",
    ),
    M(
        "layers/minibatch.py",
        "_, variance = distribute.global_moments(own, [0])",
        "variance = tf.math.reduce_variance(own, 0)",
        "tests/layers/test_minibatch.py",
    ),
    M(
        "layers/spectral.py",
        "tf.stop_gradient(matrix)",
        "matrix",
        "tests/layers/test_spectral.py -k 'sigma or vectors'",
    ),
    M(
        "layers/pool.py",
        "swapped = ~filling & (rank < self.size) & (coin < 0.5)",
        "swapped = ~filling & (rank < self.size) & (coin < 0.7)",
        "tests/layers/test_pool.py -k 'until or place or larger'",
    ),
    M(
        "layers/pool.py",
        "tf.range(self.size), distribute.fold(seed, 0)",
        "tf.range(self.size), distribute.fold(seed, 1)",
        "tests/layers/test_pool.py -k 'until or place or larger'",
    ),
    # --- the model
    M(
        "models/adversarial.py",
        "/ distribute.replica_count()\n        gradients",
        "\n        gradients",
        PENALTIES.format("two_replicas and clip"),
    ),
    M(
        "models/adversarial.py",
        "{key: value[i::count] for",
        "{key: value[i * (len(value) // count) : (i + 1) * (len(value) // count)] for",
        ADVERSARIAL + " -k parts",
    ),
    M(
        "models/adversarial.py",
        '{**part, "seed": distribute.fold(seed, i), "d_updates"',
        '{**part, "seed": seed, "d_updates"',
        ADVERSARIAL + " -k parts",
    ),
    M(
        "models/adversarial.py",
        "ramp = (1 + step) / (10 + step)",
        "ramp = (1 + step) / (11 + step)",
        ADVERSARIAL + " -k ramped",
    ),
    M(
        "models/adversarial.py",
        "with layer_noise(g_part):",
        "with layer_noise(d_parts[-1]):",
        ADVERSARIAL + " -k 'function_of_seed or each_part'",
    ),
    M(
        "models/adversarial.py",
        'batch["seed"] = self._base_seed()',
        'batch["seed"] = self.step_seed()',
        ADVERSARIAL + " -k evaluate",
    ),
    M(
        "models/discriminated.py",
        'distribute.fold(distribute.fold(batch["seed"], Use.PENALTY), i)',
        'distribute.fold(batch["seed"], Use.PENALTY)',
        PENALTIES.format("draws_for_itself"),
    ),
    M(
        "models/discriminated.py",
        "Use.AUGMENT_FAKE, training)\n        return self._d_terms",
        "Use.AUGMENT_REAL, training)\n        return self._d_terms",
        PENALTIES.format("augment and not trains"),
    ),
    M(
        "models/optimizers.py",
        "* math.log(self.factor)",
        "* math.log(self.factor) / 2",
        "tests/models/test_optimizers.py -k 'by_hand or rounded'",
    ),
    M(
        "models/optimizers.py",
        "self.momentum + (self.final_momentum - self.momentum) * done",
        "self.momentum + self.final_momentum * done",
        "tests/models/test_optimizers.py -k 'by_hand or rounded'",
    ),
    # --- variants
    M(
        "variants/infogan.py",
        'distribute.fold(batch["seed"], Use.CONDITION)',
        'distribute.fold(batch["seed"], Use.LATENT)',
        "tests/variants/test_infogan.py -k 'by_hand or no_part'",
    ),
    M(
        "variants/infogan.py",
        'fake["latent"][:, -self.codes :]',
        'fake["latent"][:, : self.codes]',
        "tests/variants/test_infogan.py -k 'by_hand or no_part'",
    ),
    M(
        "variants/cyclegan.py",
        "pool.exchange(fake[key], distribute.fold(seed, i))",
        "pool.exchange(fake[key], seed)",
        "tests/variants/test_cyclegan.py -k 'by_hand or pool or sees'",
    ),
    M(
        "variants/cyclegan.py",
        'l1(a, back(fake["sample"], seed, training))',
        'l1(b, back(fake["sample"], seed, training))',
        "tests/variants/test_cyclegan.py -k 'by_hand or pool or sees'",
    ),
    M(
        "variants/sgan.py",
        'terms["d_adv"] /= 2',
        'terms["d_adv"] /= 1',
        "tests/variants/test_sgan.py -k 'terms or generators_loss or class_term'",
    ),
    M(
        "variants/sgan.py",
        "count = distribute.global_mean(tf.reduce_sum(labelled))",
        "count = tf.reduce_sum(labelled)",
        "tests/variants/test_sgan.py -k replicas",
    ),
    M(
        "variants/acgan.py",
        "of_real + self.fake_weight * of_fake",
        "of_real",
        "tests/variants/test_acgan.py -k 'minimise or adversarial'",
    ),
    M(
        "variants/acgan.py",
        "tf.reduce_sum(errors, axis=1)",
        "tf.reduce_mean(errors, axis=1)",
        "tests/variants/test_acgan.py -k tags",
    ),
    M(
        "variants/vae.py",
        "mean**2 - 1 - log_variance",
        "mean**2 - 1 + log_variance",
        "tests/variants/test_vae.py -k 'by_hand or tight'",
    ),
    M(
        "variants/vae.py",
        "tf.exp(log_variance / 2) * self._draw",
        "tf.exp(log_variance) * self._draw",
        "tests/variants/test_vae.py -k 'by_hand or tight'",
    ),
    M(
        "variants/bigan.py",
        "self.loss_functions.discriminator(fakes, real)}, {}",
        "self.loss_functions.discriminator(real, fakes)}, {}",
        "tests/variants/test_bigan.py -k 'judges or learns'",
    ),
    M(
        "variants/began.py",
        "change = self.balance_rate * distribute.global_mean(balance)",
        "change = self.balance_rate * balance",
        EQUAL.format("began"),
    ),
    M(
        "variants/began.py",
        "whole + tf.abs(self.gamma * whole - made)",
        "whole + tf.abs(whole - self.gamma * made)",
        "tests/variants/test_began.py -k 'by_hand or follows'",
    ),
    M(
        "variants/unrolled.py",
        "distribute.global_mean(g) for g in gradients",
        "g for g in gradients",
        EQUAL.format("unrolled"),
    ),
    M(
        "variants/text2image.py",
        'self.beta * inputs["text"] + (1 - self.beta) * other',
        '(1 - self.beta) * inputs["text"] + self.beta * other',
        "tests/variants/test_text2image.py -k 'by_hand'",
    ),
    M(
        "variants/context_encoder.py",
        "distribute.global_mean(tf.reduce_sum(weight))",
        "tf.reduce_sum(weight)",
        EQUAL.format("context"),
    ),
    M(
        "models/masked.py",
        "> 0.5, prediction, known)",
        "> 0.5, known, prediction)",
        "tests/variants/test_pix2pix.py -k 'masked'",
    ),
    # --- metrics
    M(
        "metrics/kernel.py",
        "within.sum() - 2 * within.sum(axis=1)",
        "within.sum() - within.sum(axis=1)",
        "tests/metrics/test_kernel.py -k left_out",
    ),
    M(
        "metrics/frechet.py",
        "covariance / (len(features) - 1)",
        "covariance / len(features)",
        "tests/metrics/test_frechet.py",
    ),
    M(
        "metrics/kernel.py",
        "room) / (len(x) * (len(x) - 1))",
        "room) / (len(x) * len(x))",
        "tests/metrics/test_kernel.py",
    ),
    M(
        "metrics/kernel.py",
        "return own - 2 * _mean(x, y, room)",
        "return own - _mean(x, y, room)",
        "tests/metrics/test_kernel.py",
    ),
    M(
        "metrics/prdc.py",
        "(distances < fake_radii[f]).any(axis=1)",
        "(distances < fake_radii[f]).all(axis=1)",
        "tests/metrics/test_prdc.py",
    ),
    M(
        "metrics/classifier_score.py",
        "part.mean(axis=0)",
        "p.mean(axis=0)",
        "tests/metrics/test_classifier_score.py",
    ),
    M(
        "metrics/parzen.py",
        "block / (-2 * sigma**2)",
        "block / (-(sigma**2))",
        "tests/metrics/test_parzen.py",
    ),
    M(
        "comparison/ranking.py",
        "values.var(ddof=1) / len(values)",
        "values.var() / len(values)",
        "tests/comparison/test_ranking.py",
    ),
    # --- data
    M(
        "data/flood.py",
        "[2 * line - 1 - rows + shift",
        "[2 * line - rows + shift",
        "tests/data/test_flood.py",
    ),
    M(
        "data/maps.py",
        "if strip not in TEST_STRIPS",
        "",
        "tests/data/test_maps.py -k 'longitude'",
    ),
    M(
        "data/jitter.py",
        "tf.random.stateless_uniform((n,), parts[2])",
        "tf.random.stateless_uniform((n,), parts[0])",
        "tests/data/test_jitter.py",
    ),
    M(
        "data/jitter.py",
        "[seed ^ _SEED ^ stream, step]",
        "[seed ^ _SEED ^ stream, 0]",
        "tests/data/test_jitter.py",
    ),
    M(
        "data/pipeline.py",
        "seed=tf.stack([tf.constant(seed, tf.int64), epoch[0] + k])",
        "seed=tf.stack([tf.constant(seed, tf.int64), epoch[0]])",
        "tests/data/test_pipeline.py",
    ),
    M("data/pipeline.py", "n, seed ^ fold)", "n, seed)", "tests/data/test_pipeline.py"),
    M(
        "data/mismatched_captions.py",
        "tf.gather(ends, rows) + offset",
        "tf.gather(ends, rows) + offset - 1",
        "tests/data/test_mismatched_captions.py",
    ),
    # --- runs and training
    M(
        "runs/checkpoint.py",
        "_step_of(p) <= step][-keep:]",
        "_step_of(p) <= step][-keep - 1 :]",
        "tests/runs/test_checkpoint.py -k 'three or damaged or another or checksum'",
    ),
    M(
        "runs/checkpoint.py",
        "or variables[name].dtype != arrays[name].dtype.name",
        "",
        "tests/runs/test_checkpoint.py -k 'three or damaged or another or checksum'",
    ),
    M(
        "utils/files.py",
        'sound = facts["sha256"] == hashlib.sha256(data).hexdigest()',
        'sound = facts["sha256"] != ""',
        "tests/runs/test_checkpoint.py -k 'three or damaged or another or checksum'",
    ),
    M(
        "runs/directory.py",
        "if before not in (None, threads):",
        "if before is None:",
        "tests/runs/test_directory.py",
    ),
    M(
        "training/callbacks/health.py",
        "far and fake < self.REJECTS and real > self.ACCEPTS",
        "far and fake < self.REJECTS",
        HEALTH,
    ),
    M(
        "training/callbacks/health.py",
        "if alarm not in signs or not raised and (progress or explained):",
        "if alarm not in signs:",
        HEALTH,
    ),
    M(
        "training/callbacks/likeness.py",
        "2 * between - pdist",
        "between - pdist",
        "tests/training/callbacks/test_likeness.py",
    ),
    M(
        "training/cluster.py",
        "while served < peers or theirs.keys() < peers:",
        "while theirs.keys() < peers:",
        "tests/training/test_cluster.py -k 'meet or stays'",
    ),
    # --- variants, second pass
    M(
        "variants/bigan.py",
        'paired = {**batch, "latent": fake["encoded"]}',
        "paired = batch",
        "tests/variants/test_bigan.py -k 'judges or learns'",
    ),
    M(
        "variants/bigan.py",
        'self._judge_real({**batch, "latent": fake["encoded"]}, training)',
        "self._judge_real(batch, training)",
        "tests/variants/test_bigan.py -k 'judges or learns'",
    ),
    M(
        "variants/bigan.py",
        "return [self.generator, self.encoder]",
        "return [self.generator]",
        "tests/variants/test_bigan.py -k 'judges or learns'",
    ),
    M(
        "variants/bigan.py",
        'self._feed(self.average_of(self.encoder), {"sample": sample})',
        'self._feed(self.encoder, {"sample": sample})',
        "tests/variants/test_bigan.py -k 'averages or pair'",
    ),
    M(
        "variants/unrolled.py",
        "adam.iterations + 1 + ahead",
        "adam.iterations + 1",
        "tests/variants/test_unrolled.py -k 'would_do or finite_differences'",
    ),
    M(
        "variants/unrolled.py",
        "-self.loss_functions.discriminator",
        "self.loss_functions.discriminator",
        "tests/variants/test_unrolled.py -k 'saddle or finite_differences'",
    ),
    M(
        "variants/unrolled.py",
        "v + (1 - adam.beta_2) * (g - v)",
        "v + (1 - adam.beta_1) * (g - v)",
        "tests/variants/test_unrolled.py -k would_do",
    ),
    M(
        "variants/unrolled.py",
        "tf.sqrt(tf.where(value > 0, value, 1))",
        "tf.sqrt(value)",
        "tests/variants/test_unrolled.py -k flat_at_zero",
    ),
    M(
        "variants/unrolled.py",
        "unroll = 5 if len(image_shape) == 1 else 1",
        "unroll = 1 if len(image_shape) == 1 else 5",
        "tests/variants/test_unrolled.py -k defaults",
    ),
    M(
        "variants/began.py",
        "real - k * fakes",
        "real - fakes",
        "tests/variants/test_began.py -k by_hand",
    ),
    M(
        "variants/began.py",
        "tf.clip_by_value(k, 0.0, 1.0)",
        "tf.maximum(k, 0.0)",
        "tests/variants/test_began.py -k by_hand",
    ),
    M(
        "variants/ddpm.py",
        "1 + tf.cast(chance * self.times, tf.int32)",
        "tf.cast(chance * self.times, tf.int32)",
        "tests/variants/test_ddpm.py -k by_hand",
    ),
    M(
        "variants/ddpm.py",
        'seed = distribute.fold(batch["seed"], Use.NOISE)',
        'seed = distribute.fold(batch["seed"], Use.CONDITION)',
        "tests/test_variants.py -k 'its_seed and ddpm'",
    ),
    M(
        "variants/ddpm.py",
        "tf.where(t > 1, tf.sqrt(self._at(self.beta, time)), 0)",
        "tf.sqrt(self._at(self.beta, time))",
        "tests/variants/test_ddpm.py -k 'by_hand or leads'",
    ),
    M(
        "variants/ddpm.py",
        "own = beta * (1 - before) / (1 - signal)",
        "own = beta",
        "tests/variants/test_ddpm.py -k by_hand",
    ),
    M(
        "variants/rbm.py",
        "of_data - tf.reduce_mean(energy(sample))",
        "tf.reduce_mean(energy(sample)) - of_data",
        "tests/variants/test_rbm.py -k 'by_hand or chains_go'",
    ),
    M(
        "variants/rbm.py",
        "if self.memory is None or not training:",
        "if self.memory is None:",
        "tests/variants/test_rbm.py -k 'by_hand or chains_go'",
    ),
    # --- networks, second pass
    M(
        "networks/encoder.py",
        '        norm = "none"\n',
        "",
        "tests/variants/test_bigan.py -k scale_of_latents",
    ),
    M(
        "networks/encoder.py",
        "norm, first=filters > 0)",
        "norm)",
        "tests/variants/test_bigan.py -k first_has",
    ),
    M(
        "networks/mlp.py",
        "late = x[:, latent_dim - latent_to_hidden :]",
        "late = x[:, :latent_to_hidden]",
        "tests/networks/test_families.py -k 'second_layer'",
    ),
    M(
        "networks/mlp.py",
        "GaussianNoise(hidden_noise, always=True)",
        "GaussianNoise(hidden_noise)",
        "tests/networks/test_families.py -k 'noise'",
    ),
    M(
        "networks/boltzmann.py",
        "distribute.fold(own, 1))\n\n",
        "distribute.fold(own, 0))\n\n",
        "tests/test_variants.py -k 'its_seed and rbm'",
    ),
    M(
        "networks/boltzmann.py",
        "self.free_energy(values, cold) - self.free_energy(values, warm)",
        "self.free_energy(values, warm) - self.free_energy(values, cold)",
        "tests/variants/test_rbm.py -k annealing",
    ),
    M(
        "networks/autoregressive.py",
        "inputs < own if self.last",
        "inputs <= own if self.last",
        "tests/variants/test_made.py -k 'sees or degrees'",
    ),
    M(
        "networks/denoiser.py",
        'kernel_initializer="zeros")',
        ")",
        "tests/variants/test_ddpm.py -k term_by_hand",
    ),
    # --- data, second pass
    M(
        "data/door.py",
        'rows = tf.range(size) % tf.shape(batch["real"])[0]',
        "rows = tf.zeros(size, tf.int32)",
        "tests/data/test_door.py -k 'smaller_one'",
    ),
    M(
        "data/door.py",
        'if size is not None and sizes["real"] > size:',
        'if size is not None and sizes["real"] > 2 * size:',
        "tests/data/test_door.py -k 'later_batch'",
    ),
    M(
        "data/door.py",
        "self.spec = self.spec.learned(arrays)\n",
        "pass\n",
        "tests/data/test_door.py tests/data/test_labels.py",
    ),
    M(
        "data/door.py",
        "self.spec.entry(key).check_scale(key, array)",
        "pass",
        "tests/data/test_door.py -k scale",
    ),
    M(
        "data/labels.py",
        "(value - self.mean) / self.std if",
        "(value - self.mean) * self.std if",
        "tests/data/test_labels.py -k 'numbers'",
    ),
    M("data/labels.py", "std[std == 0] = 1.0\n", "pass\n", "tests/data/test_labels.py"),
    M(
        "data/labels.py",
        "received -= {UNLABELLED} if self.lowest < 0 or alone else set()\n",
        "pass\n",
        "tests/data/test_labels.py",
    ),
    M(
        "data/labels.py",
        'np.arange(n, dtype="int32") % self.count',
        'np.zeros(n, "int32")',
        "tests/data/test_labels.py",
    ),
    M(
        "data/tables.py",
        "schema(frame, ~test, labels, dropped)",
        "schema(frame, test | ~test, labels, dropped)",
        "tests/data/test_tables.py -k 'training_rows'",
    ),
    M(
        "data/tables.py",
        'label = np.full(len(frame), -1, "int32")',
        'label = np.full(len(frame), 0, "int32")',
        "tests/data/test_tables.py -k 'unlabelled or label'",
    ),
    M(
        "data/tables.py",
        "choice(len(shares), n, p=shares)",
        "choice(len(shares), n)",
        "tests/data/test_tables.py -k 'often'",
    ),
    M(
        "data/columns.py",
        "np.where(block[:, -1] > 0.5, np.nan, values)",
        "np.where(block[:, -1] < 0.5, np.nan, values)",
        "tests/data/test_tables.py -k 'missing'",
    ),
    M(
        "data/columns.py",
        "known = values[train & ~gaps] if",
        "known = values[~gaps] if",
        "tests/data/test_tables.py -k 'training_rows'",
    ),
    M(
        "data/columns.py",
        "values = np.clip(values, self.low, self.high) + 0.0",
        "values = values + 0.0",
        "tests/data/test_tables.py -k 'range or decimals'",
    ),
    M(
        "data/splits.py",
        '"selection_test": (3, 4)',
        '"selection_test": (2, 4)',
        "tests/data/test_splits.py",
    ),
    # --- evaluation, second pass
    M(
        "evaluation/augmentation.py",
        "stats.t.ppf(0.975, len(gains) - 1)",
        "stats.t.ppf(0.95, len(gains) - 1)",
        "tests/evaluation/test_augmentation.py -k by_hand",
    ),
    M(
        "evaluation/augmentation.py",
        "model.sample(count, seed=seed + 1, label",
        "model.sample(count, seed=1, label",
        "tests/evaluation/test_augmentation.py -k seed_has",
    ),
    M(
        "evaluation/augmentation.py",
        'np.flatnonzero(train.arrays["label"] >= 0)',
        'np.flatnonzero(train.arrays["label"] >= -1)',
        "tests/evaluation/test_augmentation.py -k without_a_class",
    ),
    M(
        "evaluation/scorer.py",
        "left = fake.subset(group != g)",
        "left = fake.subset(group == g)",
        "tests/evaluation/test_scorer.py -k margin",
    ),
    M(
        "evaluation/scorer.py",
        "= distances[rows], places[rows]",
        "= distances, places",
        "tests/evaluation/test_scorer.py -k searched_once",
    ),
    M(
        "metrics/prdc.py",
        "others = np.delete(covered, g, axis=0)",
        "others = covered",
        "tests/metrics/test_prdc.py -k left_out",
    ),
    M(
        "evaluation/scorer.py",
        "np.flatnonzero(known == label)",
        "np.flatnonzero(known != label)",
        "tests/evaluation/test_scorer.py -k stand_ins",
    ),
    M(
        "evaluation/scorer.py",
        'ghosts = (real.astype("float32") + others) / 2',
        'ghosts = real.astype("float32")',
        "tests/evaluation/test_scorer.py -k blends",
    ),
    M(
        "evaluation/score.py",
        "abs(score.value - score.floor)",
        "abs(score.value)",
        "tests/evaluation/test_score.py",
    ),
    M(
        "evaluation/perceptual.py",
        "tf.reduce_mean(tf.reduce_sum(tf.square(a - b), axis=-1), axis=(1, 2))",
        "tf.reduce_mean(tf.square(a - b), axis=(1, 2, 3))",
        "tests/evaluation/test_perceptual.py",
    ),
    M(
        "evaluation/classifier.py",
        "last.kernel.assign(last.kernel * scale)",
        "last.kernel.assign(last.kernel)",
        "tests/evaluation/test_classifier.py -k scaled_and",
    ),
    # --- metrics, second pass
    M(
        "metrics/matching.py",
        "np.full(len(fake), -0.5)",
        "np.full(len(fake), 0.0)",
        "tests/metrics/test_matching.py",
    ),
    M(
        "metrics/jackknife.py",
        "(groups - 1) * np.var(values)",
        "np.var(values)",
        "tests/metrics/test_jackknife.py",
    ),
    M(
        "metrics/memorisation.py",
        "mannwhitneyu(held, distances)",
        "mannwhitneyu(distances, held)",
        "tests/metrics/test_memorisation.py",
    ),
    M(
        "metrics/memorisation.py",
        "weights.append(len(p))",
        "weights.append(1)",
        "tests/metrics/test_memorisation.py -k cells_count",
    ),
    M(
        "metrics/memorisation.py",
        "reference, own=rows)",
        "reference)",
        "tests/metrics/test_memorisation.py",
    ),
    M(
        "metrics/mode_coverage.py",
        "rel_entr(share, 1 / len(centers)).sum()",
        "rel_entr(1 / len(centers), share).sum()",
        "tests/metrics/test_mode_coverage.py",
    ),
    M(
        "metrics/ngrams.py",
        "rel_entr(q, mean)).sum() / 2",
        "rel_entr(q, p)).sum() / 2",
        "tests/metrics/test_ngrams.py",
    ),
    M(
        "metrics/images.py",
        "term = full if scale == scales else structure",
        "term = full",
        "tests/metrics/test_images.py -k ms_ssim",
    ),
    M(
        "metrics/two_sample.py",
        "+ 0.5 * (own == other).mean()",
        "",
        "tests/metrics/test_two_sample.py",
    ),
    # --- comparison, second pass
    M(
        "comparison/convergence.py",
        "np.interp(SHARE * steps[-1], steps, ranks)",
        "ranks[-2]",
        "tests/comparison/test_convergence.py",
    ),
    M(
        "comparison/convergence.py",
        "np.std(ends, ddof=1)",
        "np.std(ends)",
        "tests/comparison/test_convergence.py",
    ),
    M(
        "comparison/ranking.py",
        "interval(ranks[name], ranks[best], len(ranks))",
        "interval(ranks[name], ranks[best])",
        "tests/comparison/test_ranking.py",
    ),
    M(
        "comparison/entries.py",
        "return experiment.batch_size * max(1, d_steps)",
        "return experiment.batch_size",
        "tests/comparison/test_entries.py -k budget",
    ),
    # --- runs, second pass
    M(
        "runs/checkpoint.py",
        'step.dtype.kind != "i" or step == _step_of(path)',
        'step.dtype.kind == "i"',
        "tests/runs/test_checkpoint.py -k 'preferred or newest'",
    ),
    M(
        "runs/log.py",
        'line.row["step"] <= step',
        'line.row["step"] < step',
        "tests/runs/test_log.py -k flipped",
    ),
    M(
        "runs/log.py",
        "if last is not None and rows[-1] is not last:",
        "if False:",
        "tests/runs/test_log.py -k thinned",
    ),
    M(
        "runs/hub.py",
        "hub.hf_hub_download(name, MODEL, revision=revision, endpoint=endpoint)",
        "hub.hf_hub_download(name, MODEL, endpoint=endpoint)",
        "tests/runs/test_hub.py",
    ),
    M(
        "runs/load.py",
        'kind = "best" if best else "step"',
        'kind = "step"',
        "tests/training/callbacks/test_best_checkpoint.py",
    ),
    M(
        "training/callbacks/log.py",
        '"cpu_seconds": time.process_time}',
        '"cpu_seconds": time.perf_counter}',
        "tests/training/callbacks/test_log.py",
    ),
    M(
        "cli/sample_files.py",
        "if is_folder(path):\n        _check_images",
        "if False:\n        _check_images",
        "tests/cli/test_sample_files.py",
    ),
    M(
        "models/optimizers.py",
        "        if updates is not None:\n            raise ValueError(\n"
        "                \"decay='exponential'",
        "        if False:\n            raise ValueError(\n"
        "                \"decay='exponential'",
        "tests/models/test_optimizers.py",
    ),
    M(
        "networks/dcgan.py",
        "usual = small if max(shape[:-1]) < LARGE else (64, 0)",
        "usual = small",
        "tests/networks/test_volumetric.py",
    ),
    M(
        "networks/dcgan.py",
        "MEANS[len(last.shape) - 1]()(MinibatchStdDev()(last))",
        "MEANS[len(last.shape) - 1]()(last)",
        "tests/networks/test_volumetric.py",
    ),
]


def copy_of_the_tree(folder):
    for part in PARTS:
        skipped = shutil.ignore_patterns("__pycache__", "zoo_configs")
        shutil.copytree(ROOT / part, folder / part, ignore=skipped)
    shutil.copytree(ROOT / "zoo_configs", folder / "ganzoo/zoo_configs")
    for name in FILES:
        shutil.copy(ROOT / name, folder)


def outcome(mutation, folder):
    """`caught` or `survived`; `broken` if the tests named could not run."""
    path = folder / "ganzoo" / mutation.file
    text = path.read_text()
    if text.count(mutation.old) != 1:
        return f"broken: {text.count(mutation.old)} places"
    path.write_text(text.replace(mutation.old, mutation.new))
    try:
        code = code_of(mutation.tests, folder)
    finally:
        path.write_text(text)
    return {0: "survived", 1: "caught"}.get(code, f"broken: pytest {code}")


def code_of(tests, folder):
    """The exit code of pytest on some tests, in a fork."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    sys.dont_write_bytecode = True
    import pytest

    fixed = ["-n0", "-q", "-x", "-p", "no:cacheprovider", "-m", "not slow"]
    os._exit(pytest.main([*fixed, *shlex.split(tests)]))


def main(*numbers):
    # Imported, but not used before the fork, which would not survive its threads.
    import keras  # noqa: F401
    import tensorflow  # noqa: F401

    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_of_the_tree(folder)
        if numbers == ("unchanged",):
            tests = dict.fromkeys(m.tests for m in MUTATIONS)
            jobs = {t: functools.partial(code_of, t, folder) for t in tests}
        else:
            chosen = [int(n) for n in numbers] or range(len(MUTATIONS))
            jobs = {i: functools.partial(outcome, MUTATIONS[i], folder) for i in chosen}
        for key, job in jobs.items():
            began = time.monotonic()
            found[key] = job()
            seconds = time.monotonic() - began
            print(f"{found[key]} {seconds:.1f} s: {key}", flush=True)
    print(dict(Counter(found.values())))
    return int(any(value not in ("caught", 0) for value in found.values()))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
