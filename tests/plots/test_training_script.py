"""The GAN that trains in a page: its losses, gradients and outcome, in Node.js."""

import javascript
import numpy as np
import pytest

from ganzoo import losses

OURS = {"non-saturating": "non_saturating", "minimax": "minimax"}
OURS |= {"least squares": "least_squares"}


def run(code, given=None):
    return javascript.run(code, "training.js", given=given)


@pytest.mark.parametrize("name", OURS)
def test_losses_are_those_of_the_zoo(name):
    logits = [-4.0, -0.5, 0.0, 0.3, 5.0]
    code = """["real", "fake", "g"].map((side) =>
      given.logits.map((x) => LOSSES[given.name][side][0](x)))"""
    real, fake, g = run(code, {"name": name, "logits": logits})
    loss, column = losses.get(OURS[name]), np.array(logits, "float32")[:, None]
    d_loss = float(loss.discriminator(column, column[::-1]))
    assert np.mean(real) + np.mean(fake) == pytest.approx(d_loss, rel=1e-5)
    g_loss = float(loss.generator(column, column))
    assert np.mean(g) == pytest.approx(g_loss, rel=1e-5)


# For each loss the largest difference of a gradient from that of differences: of D's
# weights, and of G's through D.
GRADIENTS = """Object.keys(LOSSES).map((loss) => {
  const points = new Float64Array(20).map((_, i) => Math.sin(i));
  const game = new Game(points, { loss, rate: 0, dSteps: 1, width: 5, batch: 4 });
  const latents = game.latents(4);
  const sides = [
    [game.d, () => game.charge(game.loss.real, points)[0]],
    [game.d, () => game.charge(game.loss.fake, points)[0]],
    [game.g, () => {
      const [value, slopes] = game.charge(game.loss.g, game.generated(latents));
      game.g.backward(slopes, 4);
      return value;
    }],
  ];
  return sides.map(([net, value]) => {
    const parts = net.layers.flatMap((layer) => layer.parts);
    parts.forEach((part) => part.slope.fill(0));
    value();
    const found = parts.map((part) => part.slope.slice());
    let worst = 0, largest = 0;
    parts.forEach((part, k) => part.value.forEach((start, i) => {
      const [more, less] = [1e-6, -1e-6].map((move) => {
        part.value[i] = start + move;
        return value();
      });
      part.value[i] = start;
      worst = Math.max(worst, Math.abs((more - less) / 2e-6 - found[k][i]));
      largest = Math.max(largest, Math.abs(found[k][i]));
    }));
    return [worst, largest];
  });
})"""


def test_gradients_are_those_of_differences():
    found = np.array(run(GRADIENTS))
    assert found.shape == (3, 3, 2)
    assert found[..., 0].max() < 1e-6 and found[..., 1].min() > 1e-3


def test_a_step_of_g_leaves_d_as_it_is_and_adam_makes_its_first_step():
    code = """(() => {
      const game = new Game(new Float64Array(20).fill(0.5),
        { loss: "minimax", rate: 0.01, dSteps: 0, width: 5, batch: 8 });
      const weights = (net) => net.layers.flatMap((l) => Array.from(l.parts[0].value));
      const before = [weights(game.d), weights(game.g)];
      game.step();
      const after = [weights(game.d), weights(game.g)];
      return before.map((net, k) => net.map((w, i) => Math.abs(w - after[k][i])));
    })()"""
    d, g = run(code)
    assert max(d) == 0
    np.testing.assert_allclose(g, 0.01, rtol=5e-3)  # Adam: the rate


def test_training_reaches_most_of_the_circles():
    code = """(() => {
      const angles = Array.from({ length: 8 }, (_, k) => k * Math.PI / 4);
      const centers = angles.map((a) => [Math.cos(a), Math.sin(a)]);
      const points = Float64Array.from(centers.flat());
      const game = new Game(points,
        { loss: "non-saturating", rate: 0.002, dSteps: 1, width: 32, batch: 32 });
      for (let i = 0; i < 1500; i++) game.step();
      const made = game.generated(game.latents(400));
      return centers.map(([x, y]) => {
        let hits = 0;
        for (let i = 0; i < 800; i += 2)
          hits += Math.hypot(made[i] - x, made[i + 1] - y) < 0.2;
        return hits;
      });
    })()"""
    hits = run(code)
    assert sum(hit > 4 for hit in hits) >= 6
