"use strict";
// A GAN in two dimensions, trained in the page: two perceptrons, Adam, three losses.

// Uniform numbers of a seed in [0, 1): mulberry32.
function uniform(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// Normal numbers from uniform ones, by Box and Muller.
const normal = (random) => () =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

const logistic = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

// For each loss [value, slope] of a logit: of D on real, of D on fake, of G on fake.
const LOSSES = {
  "non-saturating": {
    real: [(x) => softplus(-x), (x) => -logistic(-x)],
    fake: [softplus, logistic],
    g: [(x) => softplus(-x), (x) => -logistic(-x)],
    probability: logistic,
  },
  minimax: {
    real: [(x) => softplus(-x), (x) => -logistic(-x)],
    fake: [softplus, logistic],
    g: [(x) => -softplus(x), (x) => -logistic(x)],
    probability: logistic,
  },
  "least squares": {
    real: [(x) => (x - 1) ** 2 / 2, (x) => x - 1],
    fake: [(x) => x ** 2 / 2, (x) => x],
    g: [(x) => (x - 1) ** 2 / 2, (x) => x - 1],
    probability: (x) => Math.min(Math.max(x, 0), 1),
  },
};

const SLOPE = 0.2; // of the leaky ReLU

// A multilayer perceptron on rows of numbers, with its gradient.
class Perceptron {
  constructor(widths, random) {
    const draw = normal(random);
    this.layers = widths.slice(1).map((to, i) => {
      const from = widths[i], gain = Math.sqrt((i + 2 < widths.length ? 2 : 1) / from);
      const kernel = new Float64Array(from * to).map(() => gain * draw());
      return { from, to, parts: [kernel, new Float64Array(to)].map(parameter) };
    });
  }

  // Outputs of n rows; keeps what `backward` needs.
  forward(rows, n) {
    this.inputs = [rows];
    this.layers.forEach(({ from, to, parts: [{ value: kernel }, { value: bias }] }, depth) => {
      const x = this.inputs[depth], out = new Float64Array(n * to);
      for (let r = 0; r < n; r++) {
        const at = r * to;
        out.set(bias, at);
        for (let i = 0; i < from; i++) {
          const value = x[r * from + i], row = i * to;
          for (let j = 0; j < to; j++) out[at + j] += value * kernel[row + j];
        }
      }
      if (depth + 1 < this.layers.length)
        for (let i = 0; i < out.length; i++) if (out[i] < 0) out[i] *= SLOPE;
      this.inputs.push(out);
    });
    return this.inputs.at(-1);
  }

  // Adds the gradients of the weights, given those of the outputs of `forward`;
  // returns those of its rows.
  backward(slopes, n) {
    for (let depth = this.layers.length - 1; depth >= 0; depth--) {
      const { from, to, parts: [kernel, bias] } = this.layers[depth];
      const x = this.inputs[depth], back = new Float64Array(n * from);
      const { value: weights, slope: found } = kernel;
      for (let r = 0; r < n; r++) {
        const at = r * to;
        for (let j = 0; j < to; j++) bias.slope[j] += slopes[at + j];
        for (let i = 0; i < from; i++) {
          const value = x[r * from + i], row = i * to;
          let sum = 0;
          for (let j = 0; j < to; j++) {
            found[row + j] += value * slopes[at + j];
            sum += weights[row + j] * slopes[at + j];
          }
          back[r * from + i] = depth && value < 0 ? SLOPE * sum : sum;
        }
      }
      slopes = back;
    }
    return slopes;
  }

  // Moves the weights against their gradients, by Adam, and forgets these.
  update(rate, step, beta1 = 0.5, beta2 = 0.999) {
    const size = (rate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
    for (const { value, slope, mean, square } of this.layers.flatMap((layer) => layer.parts))
      for (let i = 0; i < value.length; i++) {
        mean[i] += (1 - beta1) * (slope[i] - mean[i]);
        square[i] += (1 - beta2) * (slope[i] ** 2 - square[i]);
        value[i] -= (size * mean[i]) / (Math.sqrt(square[i]) + 1e-8);
        slope[i] = 0;
      }
  }
}

const parameter = (value) => {
  const zeros = () => new Float64Array(value.length);
  return { value, slope: zeros(), mean: zeros(), square: zeros() };
};

// G against D on points of the plane, given as x, y, x, y, ...
class Game {
  constructor(points, { loss, rate, dSteps, seed = 1, width = 64, batch = 64 }) {
    this.random = uniform(seed);
    this.draw = normal(this.random);
    this.points = points;
    this.loss = LOSSES[loss];
    Object.assign(this, { rate, dSteps, batch, steps: 0, dUpdates: 0 });
    this.g = new Perceptron([2, width, width, 2], this.random);
    this.d = new Perceptron([2, width, width, 1], this.random);
  }

  latents = (n) => new Float64Array(2 * n).map(this.draw);
  generated = (latents) => this.g.forward(latents, latents.length / 2);
  // D's probability that each point is real.
  judged = (points) => this.d.forward(points, points.length / 2).map(this.loss.probability);

  real(n) {
    const rows = new Float64Array(2 * n), count = this.points.length / 2;
    for (let r = 0; r < n; r++) {
      const row = Math.floor(this.random() * count);
      rows.set(this.points.subarray(2 * row, 2 * row + 2), 2 * r);
    }
    return rows;
  }

  // Mean of a loss on points, and its gradients: added to D's weights, returned for the points.
  charge([value, slope], points) {
    const n = points.length / 2, logits = this.d.forward(points, n);
    const mean = logits.reduce((sum, x) => sum + value(x), 0) / n;
    return [mean, this.d.backward(logits.map((x) => slope(x) / n), n)];
  }

  step() {
    const n = this.batch;
    for (let k = 0; k < this.dSteps; k++) {
      this.charge(this.loss.real, this.real(n));
      this.charge(this.loss.fake, this.generated(this.latents(n)));
      this.d.update(this.rate, ++this.dUpdates);
    }
    const [, slopes] = this.charge(this.loss.g, this.generated(this.latents(n)));
    this.g.backward(slopes, n);
    this.g.update(this.rate, ++this.steps);
    for (const { parts } of this.d.layers) for (const { slope } of parts) slope.fill(0);
  }
}
