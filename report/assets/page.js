"use strict";
// The charts stand in the page as pictures. This script draws the same shapes again, at the real width and for a
// zoom: it computes coordinates and never invents a shape. Times are nanoseconds since the start of disturb.

const charts = [...document.querySelectorAll("svg.chart")];
const timed = charts.filter(svg => svg.dataset.kind === "time");
const plotOf = svg => svg.parentElement;
const number = (element, name) => Number(element.dataset[name]);
const round = v => Math.round(v * 10) / 10;
const textWidth = s => 6.2 * [...s].length;

let columns = []; // the data of the shapes, by data-key − 1
const full = timed.length ? { from: number(timed[0], "from"), to: number(timed[0], "to") } : { from: 0, to: 1 };
let view = { ...full };
let cursor = null; // the time that is read

// --- data

async function load() {
  const text = document.getElementById("data").textContent.trim().replace(/-/g, "+").replace(/_/g, "/");
  const bytes = Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text()).map(column => ({
    t: sums(column.t).map(t => t * 1000),
    v: column.v && sums(column.v).map(v => v / column.scale),
  }));
}

function sums(deltas) {
  let sum = 0;
  return deltas.map(d => (sum += d));
}

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

function draw() {
  for (const svg of charts) drawChart(svg);
  const range = document.querySelector(".range");
  if (range) range.textContent = `${timeText(view.from)} to ${timeText(view.to)}`;
  drawCursor();
}

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
  placeTicks(svg, x);
  for (const marks of svg.querySelectorAll(".marks")) placeMarks(marks, x, width);
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

function placeTicks(svg, x) {
  let right = -1;
  for (const tick of svg.querySelectorAll(".tick")) {
    const at = x.at(number(tick, "at")), text = tick.querySelector("text");
    tick.setAttribute("transform", `translate(${round(at)} 0)`);
    if (!text) continue;
    const half = textWidth(text.textContent) / 2, fits = at - half > right;
    text.setAttribute("visibility", fits ? "visible" : "hidden");
    if (fits) right = at + half + 4;
  }
}

// placeMarks hides marks outside the view, and labels for which there is no room.
function placeMarks(group, x, width) {
  let free = -1;
  for (const mark of group.children) {
    const t = number(mark, "at"), at = x.at(t), text = mark.querySelector("text");
    const inside = t >= x.from && t <= x.to;
    mark.setAttribute("visibility", inside ? "visible" : "hidden");
    mark.setAttribute("transform", `translate(${round(at)} 0)`);
    if (!text || !inside) { if (text) text.setAttribute("visibility", "hidden"); continue; }
    const w = number(text, "w"), flipped = at + 3 + w > width, left = flipped ? at - 3 - w : at + 3;
    text.setAttribute("x", flipped ? -3 : 3);
    text.setAttribute("text-anchor", flipped ? "end" : "start");
    text.setAttribute("visibility", left < free ? "hidden" : "visible");
    if (left >= free) free = left + w + 6;
  }
}

// --- zoom

function show(from, to) {
  const least = Math.min(1e6, full.to - full.from); // a millisecond
  const length = Math.min(Math.max(to - from, least), full.to - full.from);
  from = Math.min(Math.max((from + to - length) / 2, full.from), full.to - length);
  view = { from, to: from + length };
  draw();
}

function zoom(factor) {
  const middle = cursor !== null && cursor >= view.from && cursor <= view.to ? cursor : (view.from + view.to) / 2;
  show(middle - (middle - view.from) * factor, middle + (view.to - middle) * factor);
}

const pan = share => show(view.from + share * (view.to - view.from), view.to + share * (view.to - view.from));

const actions = {
  in: () => zoom(0.5),
  out: () => zoom(2),
  left: () => pan(-0.25),
  right: () => pan(0.25),
  reset: () => show(full.from, full.to),
  theme: () => {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  },
};

// --- read-out

const readout = document.querySelector(".readout");
const timeText = t => `${(t / 1e9).toFixed(3).replace("-", "−")} s`;
const valueText = v => v.toLocaleString("en-US", { maximumFractionDigits: 1 });

function shapeElement(name, className) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  element.setAttribute("class", className);
  return element;
}

function drawCursor() {
  for (const svg of timed) {
    let line = svg.querySelector(".cursor");
    if (!line) svg.append(line = shapeElement("line", "cursor"));
    const visible = cursor !== null && cursor >= view.from && cursor <= view.to;
    line.setAttribute("visibility", visible ? "visible" : "hidden");
    if (!visible) continue;
    const at = round(scaleOf(svg, svg.getAttribute("width")).at(cursor));
    for (const [name, value] of [["x1", at], ["x2", at], ["y1", 0], ["y2", svg.querySelector(".ticks").dataset.bottom]]) line.setAttribute(name, value);
  }
}

// read collects what holds at t: for every row the states it is in, for every quantity its value.
function read(t) {
  const rows = new Map();
  const seen = new Set();
  for (const shape of document.querySelectorAll(".chart [data-key][data-label]")) {
    const { key, label } = shape.dataset, row = shape.dataset.row || "";
    if (seen.has(key)) continue;
    seen.add(key);
    const { t: times, v } = columns[key - 1], i = lastAt(times, t);
    if (v) { if (i >= 0) rows.set(label, valueText(v[i])); continue; }
    if (row && !rows.has(row)) rows.set(row, "");
    if (i % 2 === 0) rows.set(row || label, row && rows.get(row) ? `${rows.get(row)}, ${label}` : row ? label : "yes");
  }
  return rows;
}

function readAt(t, left, top) {
  cursor = Math.min(Math.max(t, view.from), view.to);
  drawCursor();
  const title = document.createElement("strong");
  title.textContent = timeText(cursor);
  readout.replaceChildren(title, ...[...read(cursor)].map(([name, value]) => {
    const line = document.createElement("div");
    for (const text of [name, value || "idle"]) line.append(Object.assign(document.createElement("span"), { textContent: text }));
    return line;
  }));
  readout.hidden = false;
  const { offsetWidth: w, offsetHeight: h } = readout;
  const x = left + 16 + w > innerWidth ? Math.max(left - 16 - w, 4) : left + 16;
  readout.style.transform = `translate(${x}px, ${Math.max(Math.min(top + 16, innerHeight - h - 4), 4)}px)`;
}

function stopReading() {
  cursor = null;
  readout.hidden = true;
  drawCursor();
}

function timeAt(svg, clientX) {
  const x = scaleOf(svg, svg.getAttribute("width"));
  return x.from + (clientX - svg.getBoundingClientRect().left - x.a) / (x.b - x.a) * (x.to - x.from);
}

// --- pointer and keyboard

function follow(svg) {
  let start = null, box = null;
  svg.addEventListener("pointerdown", event => {
    if (event.button === 0 && event.pointerType !== "touch") start = event.clientX;
  });
  svg.addEventListener("pointermove", event => {
    readAt(timeAt(svg, event.clientX), event.clientX, event.clientY);
    if (start === null || Math.abs(event.clientX - start) < 5) return;
    if (!box) {
      svg.setPointerCapture(event.pointerId);
      svg.append(box = shapeElement("rect", "selected"));
    }
    const origin = svg.getBoundingClientRect().left, [a, b] = [start, event.clientX].sort((p, q) => p - q);
    for (const [name, value] of [["x", a - origin], ["width", b - a], ["y", 0], ["height", svg.getAttribute("height")]]) box.setAttribute(name, value);
  });
  const finish = event => {
    if (box && event.type === "pointerup") {
      const [a, b] = [timeAt(svg, start), timeAt(svg, event.clientX)].sort((p, q) => p - q);
      show(a, b);
    }
    box?.remove();
    start = box = null;
  };
  for (const type of ["pointerup", "pointercancel"]) svg.addEventListener(type, finish);
  svg.addEventListener("pointerleave", stopReading);
}

function steer(event, svg) {
  const arrow = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (arrow && event.shiftKey) pan(arrow / 4);
  else if (arrow) {
    const t = (cursor ?? (view.from + view.to) / 2) + arrow * (view.to - view.from) / 100, box = svg.getBoundingClientRect();
    readAt(t, box.left + scaleOf(svg, box.width).at(t), box.top);
  } else if (event.key === "+" || event.key === "=") zoom(0.5);
  else if (event.key === "-") zoom(2);
  else if (event.key === "0") actions.reset();
  else if (event.key === "Escape") stopReading();
  else return;
  event.preventDefault();
}

// makeReadable lets the keyboard reach a chart, and turns its title into a label: as an element the title would pop up
// over the read-out.
function makeReadable(svg) {
  svg.setAttribute("aria-label", `${svg.querySelector("title").textContent}. ${svg.querySelector("desc").textContent}`);
  svg.removeAttribute("aria-labelledby");
  svg.querySelector("title").remove();
  plotOf(svg).tabIndex = 0;
  plotOf(svg).addEventListener("keydown", event => steer(event, svg));
  plotOf(svg).addEventListener("blur", stopReading);
  follow(svg);
}

function reveal() {
  for (const element of document.querySelectorAll("button[data-do], [data-help], .tools, [data-zoom-from]")) element.hidden = false;
  document.addEventListener("click", event => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.do) actions[button.dataset.do]();
    else if (button.dataset.zoomFrom) {
      const from = number(button, "zoomFrom"), to = number(button, "zoomTo");
      const room = Math.max((to - from) / 2, (full.to - full.from) / 50);
      show(from - room, to + room);
      document.getElementById("timeline").scrollIntoView();
    }
  });
}

load().then(data => {
  columns = data;
  timed.forEach(makeReadable);
  reveal();
  draw();
  addEventListener("resize", draw);
  document.documentElement.dataset.ready = "yes";
});
