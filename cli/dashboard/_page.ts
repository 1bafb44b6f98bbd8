/** The page: it draws what the event stream tells. */
export const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>segadv</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 1rem; max-width: 1200px; font: 15px/1.4 system-ui, sans-serif;
  background: Canvas; color: CanvasText; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: baseline; }
h1 { font-size: 1.2rem; margin: 0; } select { font: inherit; max-width: 100%; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 360px), 1fr)); }
figure { margin: 0; } figcaption { font-size: .85rem; font-weight: 600; }
svg { width: 100%; height: auto; } text { font: 10px system-ui; fill: currentColor; }
.pictures { display: flex; flex-wrap: wrap; gap: .6rem; } .pictures img { width: 160px; display: block;
  image-rendering: pixelated; } #warnings { color: #c60; }
</style></head><body>
<header><h1>segadv</h1><select id="run" aria-label="run"></select><span id="state">…</span></header>
<p id="warnings"></p><div class="grid" id="charts"></div><div class="pictures" id="pictures"></div>
<script>
const CHARTS = [
  ["L_seg", ["loss/seg"]], ["validation", ["mIoU", "pAcc"]], ["D(real), D(fake)", ["d/real", "d/fake"]],
  ["accuracy of D", ["d/accuracy"]], ["L_D, L_G", ["loss/d", "loss/gen"]], ["drift of D", ["d/drift"]],
  ["images per second", ["speed"]],
];
const COLORS = ["#4269d0", "#ff725c"];
const $ = (id) => document.getElementById(id);
let run = null, source = null, series = Object.create(null), total = 0, due = false;

function draw() {
  due = false;
  $("charts").replaceChildren(...CHARTS.filter(([, keys]) => series[keys[0]]).map(([title, keys]) => {
    const lines = keys.map((key) => series[key] ?? []);
    const all = lines.flat();
    const xs = all.map(([x]) => x), ys = all.map(([, y]) => y);
    const span = (values, of) => values.reduce((a, b) => of(a, b));
    let [x0, x1, y0, y1] = [span(xs, Math.min), span(xs, Math.max), span(ys, Math.min), span(ys, Math.max)];
    if (y1 - y0 < 1e-9) { y0 -= .5; y1 += .5; }
    const X = (x) => 40 + 310 * (x - x0) / Math.max(1, x1 - x0), Y = (y) => 150 - 140 * (y - y0) / (y1 - y0);
    const figure = document.createElement("figure");
    const path = (line, i) => '<polyline fill="none" stroke="' + COLORS[i] + '" stroke-width="1.5" points="' +
      line.map(([x, y]) => X(x).toFixed(1) + "," + Y(y).toFixed(1)).join(" ") + '"/>';
    figure.innerHTML = "<figcaption></figcaption><svg viewBox='0 0 360 170' role='img'>" +
      "<text x='36' y='14' text-anchor='end'>" + y1.toPrecision(3) + "</text><text x='36' y='152' text-anchor='end'>" +
      y0.toPrecision(3) + "</text><text x='40' y='166'>" + x0 + "</text><text x='350' y='166' text-anchor='end'>step " +
      x1 + "</text>" + lines.map(path).join("") + "</svg>";
    const last = lines.map((line) => line.at(-1)?.[1].toPrecision(3)).join(", ");
    figure.firstChild.textContent = title + ": " + last;
    return figure;
  }));
}
function add(key, step, value) {
  if (!Number.isFinite(step) || !Number.isFinite(value)) return; // logs are anybody's
  (series[key] ??= []).push([step, value]);
  if (series[key].length > 2000) series[key] = series[key].filter((_, i) => i % 2);
}
function take(event) {
  if (event.type === "start") total = event.totalSteps;
  if (event.type === "step") {
    for (const [key, value] of Object.entries(event.logs)) add(key, event.step, value);
    add("speed", event.step, event.imagesPerSecond);
    $("state").textContent = "epoch " + event.epoch + ", step " + event.step + " of " + total;
  }
  if (event.type === "validation") {
    add("mIoU", event.step, event.scores.mIoU);
    add("pAcc", event.step, event.scores.pAcc);
  }
  if (event.type === "sample") picture(event);
  if (event.type === "warning") $("warnings").textContent = "step " + event.step + ": " + event.message;
  if (event.type === "end") $("state").textContent = event.reason + " at step " + event.step;
  if (!due) { due = true; setTimeout(draw, 100); }
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
  $("pictures").replaceChildren();
  $("warnings").textContent = "";
}
function watch(name) {
  source?.close();
  clear();
  run = name;
  source = new EventSource("/api/events?run=" + encodeURIComponent(name));
  source.onmessage = ({ data }) => take(JSON.parse(data));
  source.addEventListener("cut", clear);
}
async function list() {
  const names = await fetch("/api/runs").then((answer) => answer.json()).catch(() => null);
  if (names === null) return;
  const shown = [...$("run").options].map(({ value }) => value);
  if (names.join() !== shown.join()) {
    $("run").replaceChildren(...names.map((name) => new Option(name, name, false, name === run)));
  }
  if (run === null && names.length > 0) { $("run").value = names.at(-1); watch(names.at(-1)); }
}
$("run").onchange = () => watch($("run").value);
list();
setInterval(list, 2000);
</script></body></html>
`;
