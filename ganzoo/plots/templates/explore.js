"use strict";
// The sample, its sliders, the walk and the grid.

const $ = (id) => document.getElementById(id);
const data = JSON.parse($("data").textContent);

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

// A slider with its name and number, which calls `changed`.
function slider(name, [min, max, value], changed) {
  const output = made("output", {}, String(value));
  const input = made("input", { type: "range", min, max, step: (max - min) / 120, value });
  input.addEventListener("input", () => {
    output.textContent = input.valueAsNumber.toFixed(2);
    changed();
  });
  return { input, row: made("label", { className: "row" }, name, input, output) };
}

// Controls of a label; `read` gives the input of the network, `show` sets it.
const CONDITIONS = {
  classes({ names, count }, changed) {
    const options = (names ?? Array.from({ length: count }, (_, i) => String(i))).map((name, value) =>
      made("option", { value }, name));
    const select = made("select", {}, ...options);
    select.addEventListener("change", changed);
    return {
      rows: [made("label", { className: "row" }, "Class ", select)],
      read: () => [Number(select.value)],
      show: ([place]) => (select.value = place),
    };
  },
  tags({ names }, changed) {
    const boxes = names.map(() => made("input", { type: "checkbox" }));
    const labels = boxes.map((box, i) => made("label", {}, box, ` ${names[i]}`));
    boxes.forEach((box) => box.addEventListener("change", changed));
    return {
      rows: [made("div", { className: "tags" }, ...labels)],
      read: () => boxes.map((box) => Number(box.checked)),
      show: (label) => boxes.forEach((box, i) => (box.checked = label[i] > 0.5)),
    };
  },
  numbers({ count, mean, std, low, high }, changed) {
    const centre = mean ?? Array(count).fill(0), unit = std ?? Array(count).fill(1);
    const all = centre.map((start, i) =>
      slider(`Number ${i + 1}`, [low?.[i] ?? -1, high?.[i] ?? 1, start], changed));
    return {
      rows: all.map(({ row }) => row),
      read: () => all.map(({ input }, i) => (input.valueAsNumber - centre[i]) / unit[i]),
      show: (label) =>
        all.forEach(({ input, row }, i) => {
          input.value = label[i] * unit[i] + centre[i];
          row.lastChild.textContent = input.valueAsNumber.toFixed(2);
        }),
    };
  },
};

const PRIORS = {
  normal: normal,
  uniform: (random) => () => 2 * random() - 1,
  unit_uniform: (random) => random,
};

// A point of the path from a to b: a great circle for a normal prior, else a line.
function between(a, b, t) {
  const dot = (x, y) => x.reduce((sum, v, i) => sum + v * y[i], 0);
  const angle = Math.acos(Math.min(1, Math.max(-1, dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)))));
  const round = data.prior === "normal" && Math.sin(angle) > 1e-6;
  const [p, q] = round
    ? [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)]
    : [1 - t, t];
  return a.map((v, i) => p * v + q * b[i]);
}

// Calls `frame` for each picture while it runs; `report` gets the frames per second, in words.
function player(button, frame, report) {
  let running = false, times = [];
  const next = (now) => {
    if (!running) return;
    frame();
    times = [...times.slice(-30), now];
    const seconds = (now - times[0]) / 1000;
    report(seconds ? `${Math.round((times.length - 1) / seconds)} frames a second` : "");
    requestAnimationFrame(next);
  };
  const run = (on) => {
    running = on;
    times = [];
    button.setAttribute("aria-pressed", running);
    if (running) requestAnimationFrame(next);
  };
  button.addEventListener("click", () => run(!running));
  return run;
}

const generate = generatorOf(data.program);
const [height, width, channels] = data.shape;

function image(latent, label) {
  const pixels = generate({ latent, label }), picture = new ImageData(width, height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) picture.data[4 * i + c] = pixels[i * channels + (c % channels)];
    picture.data[4 * i + 3] = 255;
  }
  return picture;
}

function explorer() {
  const packed = floats(data.latents);
  const dimensions = data.directions.SeFa[0].length;
  const latents = Array.from({ length: packed.length / dimensions }, (_, i) =>
    Array.from(packed.subarray(i * dimensions, (i + 1) * dimensions)));
  const draw = PRIORS[data.prior](uniform(1));
  const another = () => Array.from({ length: dimensions }, draw);
  const label = data.condition && CONDITIONS[data.condition.name](data.condition, show);
  const truncation = data.prior === "normal" ? slider("Truncation", [0, 1, 1], show) : null;
  const canvas = Object.assign($("sample"), { width, height });
  const context = canvas.getContext("2d");
  let base = latents[0], sliders = [];

  function show() {
    const psi = truncation ? truncation.input.valueAsNumber : 1;
    const rows = data.directions[$("kind").value];
    const moved = base.map((v, i) =>
      sliders.reduce((sum, { input }, k) => sum + input.valueAsNumber * rows[k][i], psi * v));
    context.putImageData(image(moved, label?.read()), 0, 0);
  }

  function choose() {
    sliders = data.directions[$("kind").value].map((_, k) => slider(`Direction ${k + 1}`, [-3, 3, 0], show));
    $("directions").replaceChildren(...sliders.map(({ row }) => row));
    show();
  }

  function grid() {
    const columns = Math.ceil(Math.sqrt(latents.length)), gap = 1;
    const picture = $("grid");
    picture.width = columns * (width + gap) - gap;
    picture.height = Math.ceil(latents.length / columns) * (height + gap) - gap;
    const place = (i) => [(i % columns) * (width + gap), Math.floor(i / columns) * (height + gap)];
    latents.forEach((latent, i) => picture.getContext("2d").putImageData(image(latent, data.labels?.[i]), ...place(i)));
    picture.addEventListener("click", (event) => {
      const box = picture.getBoundingClientRect();
      const column = Math.floor(((event.clientX - box.left) / box.width) * columns);
      const row = Math.floor(((event.clientY - box.top) / box.height) * Math.ceil(latents.length / columns));
      const chosen = Math.min(row * columns + column, latents.length - 1);
      [base, time] = [latents[chosen], 0];
      if (label) label.show(data.labels[chosen]);
      stop(false);
      choose();
      $("explore").scrollIntoView();
    });
  }

  let from = base, to = another(), time = 0;
  const stop = player($("walk"), () => {
    if (time === 0) from = base;
    time += 1 / 60;
    base = between(from, to, Math.min(time, 1));
    if (time >= 1) [time, to] = [0, another()];
    show();
  }, (text) => ($("pace").textContent = text));

  $("kind").append(...Object.keys(data.directions).map((name) => made("option", {}, name)));
  $("kind").addEventListener("change", choose);
  if (label) $("label").append(...label.rows);
  if (truncation) $("truncation").append(truncation.row);
  if (label) label.show(data.labels[0]);
  $("another").addEventListener("click", () => {
    [base, time] = [another(), 0];
    show();
  });
  $("reset").addEventListener("click", choose);
  choose();
  grid();
}

explorer();
