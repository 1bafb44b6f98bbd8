/**
 * The page of the dashboard: one HTML file without anything loaded from elsewhere.
 *
 * @module
 */
const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dee4, #30363d); --soft: light-dark(#f6f8fa, #161b22);
  --paper: light-dark(#fff, #0d1117); --ink: light-dark(#1f2328, #e6edf3); --faint: light-dark(#59636e, #9198a1);
  --ok: #2da44e; --warn: #d29922; --bad: #e5534b; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem 1.2rem 3rem; max-width: 1240px; font: 15px/1.5 system-ui, sans-serif;
  background: var(--paper); color: var(--ink); overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; }
h1 { font-size: 1.25rem; margin: 0; letter-spacing: -.01em; }
select { font: inherit; font-size: .9rem; max-width: 100%; color: inherit; background: var(--soft);
  border: 1px solid var(--line); border-radius: 6px; padding: .2rem .4rem; }
#link { margin-left: auto; font-size: .8rem; color: var(--faint); }
#link::before { content: "●"; margin-right: .4em; color: var(--bad); } #link.on::before { color: var(--ok); }
progress { width: 100%; height: 6px; margin: .8rem 0 .2rem; accent-color: #4269d0; }
#about, #empty { color: var(--faint); font-size: .85rem; margin: .3rem 0 1rem; }
#warnings { list-style: none; padding: 0; margin: 0 0 1rem; font-size: .9rem; }
#warnings li { padding: .4rem .8rem; margin: .3rem 0; background: var(--soft); border-left: 4px solid var(--warn);
  border-radius: 0 6px 6px 0; }
.grid { display: grid; gap: 1.2rem 1.8rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); }
figure { margin: 0; min-width: 0; } figcaption { font-size: .85rem; font-weight: 600; }
figcaption span { font-weight: 400; margin-left: .7em; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; display: block; } text { font: 11px system-ui; fill: var(--faint); }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1.6rem; }
.pictures img { width: 160px; display: block; image-rendering: pixelated; border-radius: 3px; }
.pictures figcaption { font-weight: 400; font-size: .75rem; color: var(--faint); max-width: 160px; }
[hidden] { display: none; }
`;

/** What the page does. Names come into it as text only. */
export const SCRIPT = `
const CHARTS = [
  ["L_seg", ["loss/seg"]], ["validation", ["mIoU", "pAcc"]], ["D(real), D(fake)", ["d/real", "d/fake"]],
  ["L_D, L_G", ["loss/d", "loss/gen"]], ["accuracy of D", ["d/accuracy"]], ["drift of D", ["d/drift"]],
  ["images per second", ["speed"]],
];
const COLORS = ["#4269d0", "#ff725c"];
const $ = (id) => document.getElementById(id);
let run = null, source = null, series = Object.create(null), begin = null, due = false;

const short = (value) => Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3)
  ? value.toExponential(1) : String(Number(value.toPrecision(3)));
function ticks(low, high, count) {
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((of) => of * power >= rough) * power;
  const all = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) all.push(i * step);
  return all;
}
/** Mean over about a fiftieth of the curve, where it has enough points to be noisy. */
function smooth(line) {
  const width = Math.floor(line.length / 50);
  if (width < 2) return null;
  const means = [];
  for (let i = 0; i < line.length; i += width) {
    const part = line.slice(i, i + width);
    const mean = (at) => part.reduce((sum, point) => sum + point[at], 0) / part.length;
    means.push([mean(0), mean(1)]);
  }
  return means;
}
function draw() {
  due = false;
  $("charts").replaceChildren(...CHARTS.filter(([, keys]) => series[keys[0]]).map(chart));
}
function chart([title, keys]) {
  const lines = keys.map((key) => series[key] ?? []), all = lines.flat();
  const span = (at, of) => all.reduce((best, point) => of(best, point[at]), all[0][at]);
  let [x0, x1, y0, y1] = [span(0, Math.min), span(0, Math.max), span(1, Math.min), span(1, Math.max)];
  if (y1 - y0 < 1e-9 * Math.max(1, Math.abs(y1))) { y0 -= .5; y1 += .5; }
  const X = (x) => 46 + 304 * (x - x0) / Math.max(1e-9, x1 - x0), Y = (y) => 152 - 142 * (y - y0) / (y1 - y0);
  const path = (line, i, rest) => '<polyline fill="none" stroke="' + COLORS[i] + '" ' + rest + ' points="' +
    line.map(([x, y]) => X(x).toFixed(1) + "," + Y(y).toFixed(1)).join(" ") + '"/>';
  const drawn = lines.map((line, i) => {
    const mean = smooth(line);
    const dots = line.length > 30 ? "" : line.map(([x, y]) =>
      '<circle r="2.5" fill="' + COLORS[i] + '" cx="' + X(x).toFixed(1) + '" cy="' + Y(y).toFixed(1) + '"/>').join("");
    return mean === null ? path(line, i, 'stroke-width="1.7"') + dots
      : path(line, i, 'stroke-width="1" opacity=".35"') + path(mean, i, 'stroke-width="1.8"');
  });
  const figure = document.createElement("figure"), caption = document.createElement("figcaption");
  caption.textContent = title;
  keys.forEach((key, i) => {
    const last = lines[i].at(-1);
    if (!last) return;
    const value = document.createElement("span");
    value.style.color = COLORS[i];
    value.textContent = (keys.length > 1 ? key.replace(/^.*\\//, "") + " " : "") + short(last[1]);
    caption.append(value);
  });
  figure.innerHTML = "<svg viewBox='0 0 360 178' role='img'>" + ticks(y0, y1, 5).map((y) =>
    "<line x1='46' x2='350' y1='" + Y(y) + "' y2='" + Y(y) + "' stroke='currentColor' opacity='.12'/>" +
    "<text x='40' y='" + (Y(y) + 4) + "' text-anchor='end'>" + short(y) + "</text>").join("") +
    ticks(x0, Math.max(x1, x0 + 1e-9), 4).filter((x) => X(x) < 312).map((x) => "<text x='" + X(x) + "' y='170' text-anchor='middle'>" +
    short(x) + "</text>").join("") + "<text x='358' y='170' text-anchor='end' opacity='.7'>epoch</text>" +
    drawn.join("") + "</svg>";
  figure.firstChild.setAttribute("aria-label", caption.textContent);
  figure.prepend(caption);
  return figure;
}
function add(key, step, value) {
  const x = step / (begin?.stepsPerEpoch ?? 1);
  if (!Number.isFinite(x) || !Number.isFinite(value)) return; // logs are anybody's
  (series[key] ??= []).push([x, value]);
  if (series[key].length > 4000) series[key] = series[key].filter((_, i) => i % 2);
}
function take(event) {
  if (event.type === "start") {
    begin = event;
    const { model, data, seed, adversarial } = event.config ?? {}, { enabled, tg, td } = adversarial ?? {};
    $("about").textContent = [model?.name + ", width " + model?.width, data?.dataset, "seed " + seed,
      enabled ? "T_g " + tg + ", T_d " + td : "no discriminator", event.backend + ": " + event.device].join(" · ");
  }
  if (event.type === "step") {
    for (const [key, value] of Object.entries(event.logs)) add(key, event.step, value);
    add("speed", event.step, event.imagesPerSecond);
    const total = begin?.totalSteps ?? event.step;
    $("progress").value = Math.min(1, event.step / total || 0);
    $("state").textContent = "epoch " + event.epoch + ", step " + event.step + " of " + total;
  }
  if (event.type === "validation") {
    add("mIoU", event.step, event.scores.mIoU);
    add("pAcc", event.step, event.scores.pAcc);
  }
  if (event.type === "sample") picture(event);
  if (event.type === "warning") warn("step " + event.step + ": " + event.message);
  if (event.type === "failure") warn("failed at step " + event.step + ": " + event.message);
  if (event.type === "end") $("state").textContent = event.reason + " at step " + event.step;
  if (!due) { due = true; setTimeout(draw, 100); }
}
function warn(text) {
  const item = document.createElement("li");
  item.textContent = text;
  $("warnings").prepend(item);
  while ($("warnings").children.length > 8) $("warnings").lastChild.remove();
}
function picture({ epoch, id, png }) {
  const figure = document.createElement("figure");
  const image = Object.assign(new Image(), { src: "data:image/png;base64," + png, alt: id });
  const caption = document.createElement("figcaption");
  caption.textContent = "epoch " + epoch + ": " + id;
  figure.append(image, caption);
  $("pictures").prepend(figure);
  while ($("pictures").children.length > 12) $("pictures").lastChild.remove();
}
function clear() {
  series = Object.create(null);
  begin = null;
  for (const id of ["charts", "pictures", "warnings"]) $(id).replaceChildren();
  $("state").textContent = $("about").textContent = "";
}
function watch(name) {
  source?.close();
  if (name !== run) clear();
  run = name;
  source = new EventSource("/api/events?run=" + encodeURIComponent(name));
  source.onopen = () => link(true);
  source.onmessage = ({ data }) => take(JSON.parse(data));
  source.addEventListener("cut", clear);
  source.onerror = () => {
    link(false);
    // The browser asks again by itself, unless it was refused: then all begins anew
    if (source.readyState === EventSource.CLOSED) { run = null; setTimeout(list, 1000); }
  };
}
function link(isOn) {
  $("link").classList.toggle("on", isOn);
  $("link").textContent = isOn ? "connected" : "connection lost, trying again";
}
async function list() {
  const runs = await fetch("/api/runs").then((answer) => answer.json()).catch(() => null);
  if (runs === null) return link(false);
  if (source === null) link(true);
  const shown = [...$("run").options].map(({ value }) => value);
  if (runs.map((one) => one.run).join() !== shown.join()) {
    $("run").replaceChildren(...runs.map((one) => new Option(one.label, one.run, false, one.run === run)));
  }
  $("run").hidden = document.querySelector("main").hidden = runs.length === 0;
  $("empty").hidden = runs.length > 0;
  const wanted = decodeURIComponent(location.hash.slice(1));
  const first = wanted === "" ? runs.at(-1)?.run : runs.find((one) => one.run === wanted)?.run;
  if (run === null && first !== undefined) { $("run").value = first; watch(first); }
}
$("run").onchange = () => {
  history.replaceState(null, "", "#" + encodeURIComponent($("run").value));
  watch($("run").value);
};
list();
setInterval(list, 2000);
`;

/** The page: it draws what the event stream tells. */
export const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>segadv</title>
<style>${STYLE}</style></head><body>
<header><h1>segadv</h1><select id="run" aria-label="run" hidden></select><span id="state"></span>
<span id="link">connecting</span></header>
<p id="empty">There is no run yet; this page waits for one.</p>
<main hidden><progress id="progress" max="1" value="0"></progress><p id="about"></p><ul id="warnings"></ul>
<div class="grid" id="charts"></div><div class="pictures" id="pictures"></div></main>
<script>${SCRIPT}</script></body></html>
`;
