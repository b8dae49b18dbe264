// What only the page of a run can do: read the data of its charts, zoom all of them and tell what holds at a time.

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

// --- drawing

function draw() {
  for (const svg of charts) drawChart(svg);
  const range = document.querySelector(".range");
  if (range) range.textContent = `${timeText(view.from)} to ${timeText(view.to)}`;
  drawCursor();
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
  theme: turnTheme,
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
  performance.mark("drawn");
  document.documentElement.dataset.ready = "yes";
});
