"use strict";
// The game on the plane: real points, made points, and D's field while they train.

const FIELD = 48; // cells of the field on a side
const REACH = 1.6; // half the side of the plane
const NEAR = 0.2; // how far from its centre a point belongs to a mode
const SHOWN = 400; // points of each kind
const BUDGET = 12; // milliseconds of training between two pictures

function ring() {
  const points = Float64Array.from(floats(data.game.points));
  const canvas = $("plane"), context = canvas.getContext("2d"), side = canvas.width;
  const field = new OffscreenCanvas(FIELD, FIELD), cells = new ImageData(FIELD, FIELD);
  const at = (v) => ((v + REACH) / (2 * REACH)) * side;
  const places = new Float64Array(2 * FIELD * FIELD).map((_, i) => {
    const cell = Math.floor(i / 2), step = i % 2 ? Math.floor(cell / FIELD) : cell % FIELD;
    return ((step + 0.5) / FIELD) * 2 * REACH - REACH;
  });
  let game, fixed, seed = 0;

  function begin() {
    const chosen = { loss: $("loss").value, rate: Number($("rate").value), dSteps: Number($("d-steps").value) };
    game = new Game(points, { ...chosen, seed: ++seed, width: 32, batch: 64 });
    fixed = game.latents(SHOWN);
    picture();
  }

  // From blue, D is sure that it is made, over grey to orange, D is sure that it is real.
  function colour(p, i) {
    const ends = p < 0.5 ? [47, 111, 237] : [240, 140, 46], share = Math.abs(2 * p - 1);
    for (let c = 0; c < 3; c++) cells.data[4 * i + c] = 128 + share * (ends[c] - 128);
    cells.data[4 * i + 3] = 255;
  }

  function dots(rows, fill, size) {
    context.fillStyle = fill;
    for (let i = 0; i < 2 * SHOWN; i += 2)
      context.fillRect(at(rows[i]) - size / 2, side - at(rows[i + 1]) - size / 2, size, size);
  }

  function picture() {
    game.judged(places).forEach((p, i) => {
      const row = Math.floor(i / FIELD);
      colour(p, (FIELD - 1 - row) * FIELD + (i % FIELD));
    });
    field.getContext("2d").putImageData(cells, 0, 0);
    context.drawImage(field, 0, 0, side, side);
    const made = game.generated(fixed);
    dots(points, "#111", 3);
    dots(made, "#3ddc84", 4);
    return made;
  }

  function reached(made) {
    const near = ([x, y]) => {
      let hits = 0;
      for (let i = 0; i < made.length; i += 2) hits += Math.hypot(made[i] - x, made[i + 1] - y) < NEAR;
      return hits;
    };
    return data.game.centers.filter((centre) => near(centre) > SHOWN / 100).length;
  }

  const run = player($("play"), () => {
    const end = performance.now() + BUDGET;
    do game.step(); while (performance.now() < end);
  }, (pace) => {
    $("score").textContent = `step ${game.steps}; ${reached(picture())} of ${data.game.centers.length} circles reached; ${pace}`;
  });

  $("loss").append(...Object.keys(LOSSES).map((name) => made("option", {}, name)));
  $("again").addEventListener("click", () => {
    begin();
    $("score").textContent = "step 0";
  });
  begin();
  return run;
}

ring();
