"use strict";
// Runs the program of a generator, see ganzoo/models/program.py, for one sample at a
// time. A value is {shape, values}; the last axis is the fastest.

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const floats = (text) => new Float32Array(bytes(text).buffer);

function unpacked({ values, scale }) {
  if (scale === undefined) return floats(values);
  const scales = floats(scale);
  return Float32Array.from(new Int8Array(bytes(values).buffer), (v, i) => v * scales[i % scales.length]);
}

const ACTIVATIONS = {
  elu: () => (x) => (x < 0 ? Math.expm1(x) : x),
  relu: () => (x) => Math.max(x, 0),
  leaky_relu: ({ slope }) => (x) => (x < 0 ? slope * x : x),
  tanh: () => Math.tanh,
  sigmoid: () => (x) => 1 / (1 + Math.exp(-x)),
  softplus: () => (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
};

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);
const filled = (shape, values) => ({ shape, values: values ?? new Float64Array(sizeOf(shape)) });
const mapped = (x, f) => filled(x.shape, x.values.map(f));
// The second value is repeated along the leading axes of the first.
const paired = (f) => ([x, y]) => mapped(x, (v, i) => f(v, y.values[i % y.values.length]));

function started(shape, bias) {
  return filled(shape, new Float64Array(sizeOf(shape)).map((_, i) => bias[i % bias.length]));
}

// The outputs of an axis, and the padding before it, as TensorFlow has them.
function reach(inputs, size, stride, same) {
  const outputs = same ? Math.ceil(inputs / stride) : Math.floor((inputs - size) / stride) + 1;
  const padding = same ? Math.max((outputs - 1) * stride + size - inputs, 0) : 0;
  return [outputs, Math.floor(padding / 2)];
}

// Calls visit(large, small, tap) for the places of both maps, and the tap of the
// kernel, that a convolution from the large to the small map joins.
function taps([height, width], [rows, columns], [top, left], { size, stride }, visit) {
  for (let r = 0; r < rows; r++)
    for (let u = 0; u < size[0]; u++) {
      const y = r * stride[0] + u - top;
      if (y < 0 || y >= height) continue;
      for (let c = 0; c < columns; c++)
        for (let v = 0; v < size[1]; v++) {
          const x = c * stride[1] + v - left;
          if (x >= 0 && x < width) visit(y * width + x, r * columns + c, u * size[1] + v);
        }
    }
}

const STEPS = {
  dense([x], { kernel, bias }) {
    const out = started([bias.length], bias), width = bias.length;
    for (let i = 0; i < x.values.length; i++) {
      const value = x.values[i];
      if (value !== 0) for (let j = 0; j < width; j++) out.values[j] += value * kernel[i * width + j];
    }
    return out;
  },

  convolution([x], step) {
    const [height, width, depth] = x.shape, { filters, size, stride, same, kernel, bias } = step;
    const [rows, top] = reach(height, size[0], stride[0], same);
    const [columns, left] = reach(width, size[1], stride[1], same);
    const out = started([rows, columns, filters], bias);
    taps([height, width], [rows, columns], [top, left], step, (from, to, tap) => {
      for (let i = 0; i < depth; i++) {
        const value = x.values[from * depth + i], row = (tap * depth + i) * filters;
        if (value !== 0) for (let j = 0; j < filters; j++) out.values[to * filters + j] += value * kernel[row + j];
      }
    });
    return out;
  },

  // The gradient of a convolution: the large map is the result.
  transposed([x], step) {
    const [rows, columns, depth] = x.shape, { filters, size, stride, same, kernel, bias } = step;
    const sides = [rows, columns].map((n, a) => n * stride[a] + (same ? 0 : Math.max(size[a] - stride[a], 0)));
    const before = sides.map((side, a) => reach(side, size[a], stride[a], same)[1]);
    const out = started([...sides, filters], bias);
    taps(sides, [rows, columns], before, step, (to, from, tap) => {
      for (let j = 0; j < filters; j++) {
        let sum = 0;
        const row = (tap * filters + j) * depth;
        for (let i = 0; i < depth; i++) sum += x.values[from * depth + i] * kernel[row + i];
        out.values[to * filters + j] += sum;
      }
    });
    return out;
  },

  affine: ([x], { gain, bias }) =>
    mapped(x, (v, i) => v * gain[i % gain.length] + bias[i % bias.length]),
  activation: ([x], step) => mapped(x, ACTIVATIONS[step.function](step)),
  add: paired((a, b) => a + b),
  multiply: paired((a, b) => a * b),
  reshape: ([x], { shape }) => filled(shape, x.values),
  one_hot: ([x], { count }) => filled([count], new Float64Array(count).map((_, i) => +(i === x.values[0]))),

  repeat([x], { count }) {
    const width = x.values.length;
    return filled([count, width], new Float64Array(count * width).map((_, i) => x.values[i % width]));
  },

  up([x], { factors: [down, across] }) {
    const [height, width, depth] = x.shape, out = filled([height * down, width * across, depth]);
    for (let i = 0; i < out.values.length; i++) {
      const pixel = Math.floor(i / depth), row = Math.floor(pixel / (width * across));
      const from = Math.floor(row / down) * width + Math.floor((pixel % (width * across)) / across);
      out.values[i] = x.values[from * depth + (i % depth)];
    }
    return out;
  },

  concatenate(parts) {
    const rows = parts[0].shape.slice(0, -1), widths = parts.map((part) => part.shape.at(-1));
    const out = filled([...rows, widths.reduce((a, b) => a + b)]);
    for (let row = 0, place = 0; row < sizeOf(rows); row++)
      parts.forEach(({ values }, k) => {
        out.values.set(values.subarray(row * widths[k], (row + 1) * widths[k]), place);
        place += widths[k];
      });
    return out;
  },

  slice([x], { start, shape }) {
    const out = filled(shape);
    for (let i = 0; i < out.values.length; i++) {
      let rest = i, from = 0, stride = 1;
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        from += ((rest % shape[axis]) + start[axis]) * stride;
        rest = Math.floor(rest / shape[axis]);
        stride *= x.shape[axis];
      }
      out.values[i] = x.values[from];
    }
    return out;
  },
};

// Returns a function from {latent, label}, arrays of numbers, to pixels 0..255.
function generatorOf({ steps, weights, range: [low, high] }) {
  const arrays = weights.map(unpacked);
  const ready = steps.map((step) => {
    const named = ["kernel", "bias", "gain"].filter((key) => key in step);
    return { ...step, ...Object.fromEntries(named.map((key) => [key, arrays[step[key]]])) };
  });
  return (inputs) => {
    const done = [];
    for (const step of ready) {
      const of = step.of.map((place) => done[place]);
      done.push(
        step.op === "input"
          ? filled([inputs[step.name].length], Float64Array.from(inputs[step.name]))
          : STEPS[step.op](of, step),
      );
    }
    return Uint8ClampedArray.from(done.at(-1).values, (v) => Math.round((v - low) * (255 / (high - low))));
  };
}
