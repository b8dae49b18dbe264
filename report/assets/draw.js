"use strict";
// The charts stand in a page as pictures. This script draws the same shapes again, at the real width and for what is in
// view: it computes coordinates and never invents a shape. A chart's domain is time, nanoseconds since the start of
// disturb, or places that Go has laid out; both are linear.

const charts = [...document.querySelectorAll("svg.chart")];
const timed = charts.filter(svg => svg.dataset.kind === "time");
const plotOf = svg => svg.parentElement;
const number = (element, name) => Number(element.dataset[name]);
const round = v => Math.round(v * 10) / 10;
const textWidth = s => 6.2 * [...s].length;

let columns = []; // the data of the shapes, by data-key − 1
const full = timed.length ? { from: number(timed[0], "from"), to: number(timed[0], "to") } : { from: 0, to: 1 };
let view = { ...full };

// lastAt is the index of the last time that is not after t, −1 if there is none.
function lastAt(times, t) {
  let low = 0, high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= t) low = middle + 1; else high = middle;
  }
  return low - 1;
}

// --- shapes

function scaleOf(svg, width) {
  const a = number(svg, "left"), b = width - number(svg, "right");
  const { from, to } = svg.dataset.kind === "time" ? view : { from: number(svg, "from"), to: number(svg, "to") };
  const at = v => a + (Math.min(Math.max(v, from), to) - from) / (to - from) * (b - a);
  return { a, b, from, to, at };
}

// bars: boxes less than a pixel apart merge, and none is narrower than a pixel.
function bars(times, x, y, h) {
  let d = "", from = 0, to = -1;
  const flush = () => { if (to >= from) d += `M${round(from)} ${y}H${round(to)}V${y + h}H${round(from)}Z`; };
  for (let i = 0; i < times.length; i += 2) {
    if (times[i + 1] <= x.from || times[i] >= x.to) continue;
    const a = x.at(times[i]), b = Math.max(x.at(times[i + 1]), a + 1);
    if (to >= from && a - to < 1) { to = Math.max(to, b); continue; }
    flush();
    [from, to] = [a, b];
  }
  flush();
  return d;
}

// steps: of all values within one pixel column the first, the lowest, the highest and the last are drawn.
function steps(times, values, x, y) {
  let d = "", drawn = 0;
  for (let i = Math.max(lastAt(times, x.from), 0); i < times.length && (d === "" || times[i] <= x.to);) {
    const left = x.at(times[i]), column = Math.trunc(left), first = values[i];
    let low = first, high = first, j = i + 1;
    for (; j < times.length && times[j] <= x.to && Math.trunc(x.at(times[j])) === column; j++) {
      low = Math.min(low, values[j]);
      high = Math.max(high, values[j]);
    }
    const last = values[j - 1];
    if (d === "") d = `M${round(left)} ${round(y(first))}`;
    else if (first !== drawn || low !== high) d += `H${round(left)}V${round(y(first))}`;
    if (low !== high) d += `V${round(y(low))}V${round(y(high))}V${round(y(last))}`;
    drawn = last;
    i = j;
  }
  return d && d + `H${round(x.b)}`;
}

// --- ticks of time: steps of 1, 2, 5 times a power of ten seconds, from a minute on of minutes

function roundUp(v) {
  const power = 10 ** Math.floor(Math.log10(v));
  return [1, 2, 5, 10].map(m => m * power).find(m => m >= v * (1 - 1e-9));
}

function timeStep(atLeast) {
  const step = roundUp(atLeast);
  return step <= 20e9 ? step : Math.max(roundUp(atLeast / 60e9), 0.5) * 60e9;
}

function timeLabel(t, step) {
  const minutes = step >= 30e9;
  const text = minutes ? String(t / 60e9) : (t / 1e9).toFixed(Math.max(0, -Math.floor(Math.log10(step / 1e9) + 1e-9)));
  return text.replace("-", "−") + (minutes ? " min" : " s");
}

function timeTicks(count) {
  const step = timeStep((view.to - view.from) / count), ticks = [];
  for (let i = Math.ceil(view.from / step); i * step <= view.to; i++) ticks.push({ at: i * step, label: timeLabel(i * step, step) });
  return ticks;
}

// --- drawing

function drawChart(svg) {
  const width = Math.floor(plotOf(svg).clientWidth);
  const x = scaleOf(svg, width);
  svg.setAttribute("width", width);
  svg.setAttribute("viewBox", `0 0 ${width} ${svg.getAttribute("height")}`);
  for (const line of svg.querySelectorAll("line.wide")) line.setAttribute("x2", x.b);
  for (const zone of svg.querySelectorAll("rect.wide")) zone.setAttribute("width", x.b - x.a);
  for (const path of svg.querySelectorAll(".bars")) {
    path.setAttribute("d", bars(columns[path.dataset.key - 1].t, x, number(path, "y"), number(path, "h")));
  }
  for (const path of svg.querySelectorAll(".steps")) {
    const { t, v } = columns[path.dataset.key - 1];
    const bottom = number(path, "y"), height = number(path, "h"), top = number(path, "top");
    path.setAttribute("d", steps(t, v, x, value => bottom - Math.min(Math.max(value / top, 0), 1) * height));
  }
  for (const group of svg.querySelectorAll(".stretch")) {
    group.setAttribute("transform", `translate(${x.a} 0) scale(${(x.b - x.a) / number(group, "width")} 1)`);
  }
  if (svg.dataset.kind === "time") renewTicks(svg.querySelector(".ticks"), timeTicks(Math.min(Math.max(Math.floor((x.b - x.a) / 45), 3), 10)));
  for (const group of svg.querySelectorAll(".ticks")) placeTicks(group, x);
  for (const marks of svg.querySelectorAll(".marks")) placeMarks(marks, x, width);
  for (const spot of svg.querySelectorAll(".spot")) spot.setAttribute("transform", `translate(${round(x.at(number(spot, "at")))} 0)`);
  for (const cell of svg.querySelectorAll(".cell")) placeCell(cell, x);
}

// renewTicks makes ticks out of copies of the first one.
function renewTicks(group, ticks) {
  const model = [...group.children].find(tick => tick.querySelector("text")) || renewTicks.model;
  renewTicks.model = model.cloneNode(true);
  group.replaceChildren(...ticks.map(({ at, label }) => {
    const tick = model.cloneNode(true);
    tick.dataset.at = at;
    tick.querySelector("text").textContent = label;
    return tick;
  }));
}

function placeTicks(group, x) {
  let right = -1;
  for (const tick of group.querySelectorAll(".tick")) {
    const at = x.at(number(tick, "at")), text = tick.querySelector("text");
    tick.setAttribute("transform", `translate(${round(at)} 0)`);
    if (!text) continue;
    const half = textWidth(text.textContent) / 2, fits = at - half > right;
    text.setAttribute("visibility", fits ? "visible" : "hidden");
    if (fits) right = at + half + 4;
  }
}

// placeMarks hides marks outside the view. A label takes the first row in which there is room, and is hidden where there is
// none.
function placeMarks(group, x, width) {
  const free = Array(number(group, "rows")).fill(-1);
  for (const mark of group.children) {
    const t = number(mark, "at"), at = x.at(t), text = mark.querySelector("text");
    const inside = t >= x.from && t <= x.to;
    mark.setAttribute("visibility", inside ? "visible" : "hidden");
    mark.setAttribute("transform", `translate(${round(at)} 0)`);
    if (!text || !inside) { if (text) text.setAttribute("visibility", "hidden"); continue; }
    const w = number(text, "w"), flipped = at + 3 + w > width, left = flipped ? at - 3 - w : at + 3;
    const row = free.findIndex(right => left >= right);
    text.setAttribute("x", flipped ? -3 : 3);
    text.setAttribute("y", number(group, "y") + 13 * Math.max(row, 0));
    text.setAttribute("text-anchor", flipped ? "end" : "start");
    text.setAttribute("visibility", row < 0 ? "hidden" : "visible");
    if (row >= 0) free[row] = left + w + 6;
  }
}

// placeCell stretches a box between two places. Of its texts it shows the first for which there is room.
function placeCell(cell, x) {
  const left = x.at(number(cell, "from")), width = x.at(number(cell, "to")) - left;
  const gap = Math.min(number(cell, "gap"), width / 8);
  for (const box of cell.querySelectorAll("rect")) {
    box.setAttribute("x", round(left + gap));
    box.setAttribute("width", round(width - 2 * gap));
  }
  let shown = false;
  for (const text of cell.querySelectorAll("text")) {
    const fits = !shown && number(text, "w") <= width;
    text.setAttribute("x", round(left + width / 2));
    text.setAttribute("visibility", fits ? "visible" : "hidden");
    shown ||= fits;
  }
}

// --- theme

function turnTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
}
