/** Style of the report: one column on a telephone, two on a desk, light or dark as the reader's. */
export const STYLE = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --ok: #3ca951; --bad: #d9534f; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 1220px; font: 15px/1.5 system-ui, sans-serif;
  background: Canvas; color: CanvasText; overflow-wrap: break-word; }
h1 { font-size: 1.5rem; margin: .2rem 0; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; }
h3 { font-size: .95rem; margin: 1rem 0 .3rem; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1rem; font-size: .9rem; }
a { color: LinkText; }
.grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 500px), 1fr)); }
figure { margin: 0; min-width: 0; } figcaption { font-size: .9rem; font-weight: 600; }
 figure svg { max-width: 100%; height: auto; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem .8rem; font-size: .8rem; }
.legend i { display: inline-block; width: .8em; height: .8em; margin-right: .3em; border-radius: 2px; }
.save { font-size: .75rem; opacity: .7; } .save button { font: inherit; cursor: pointer; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; }
th, td { white-space: nowrap; padding: .2rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; } thead th { background: var(--soft); }
.note { font-size: .85rem; opacity: .85; } .verdict { padding: .4rem .7rem; margin: .3rem 0;
  border-left: 4px solid var(--line); background: var(--soft); }
.verdict.open { border-color: var(--ok); } .verdict.won, .verdict.idle, .verdict.lost { border-color: var(--bad); }
.pictures td, .pictures th { vertical-align: top; padding: .2rem; border: 0; text-align: center; font-size: .75rem; }
.pictures img { display: block; width: 150px; height: auto; image-rendering: pixelated; }
pre { overflow-x: auto; background: var(--soft); padding: .6rem; font-size: .8rem; }
@media (max-width: 480px) { body { padding: .6rem; } .pictures img { width: 96px; } }
@media print { .save, nav { display: none; } }
`;

/** Saves a figure as SVG, or as PNG by way of a canvas; nothing leaves the page. */
export const SCRIPT = `
addEventListener("click", (event) => {
  const kind = event.target.dataset?.save;
  if (!kind) return;
  const figure = event.target.closest("figure");
  const svg = figure.querySelector("svg").cloneNode(true);
  const { color, backgroundColor } = getComputedStyle(document.body);
  svg.setAttribute("style", "color:" + color + ";background:" + backgroundColor);
  const text = new XMLSerializer().serializeToString(svg);
  const url = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
  const save = (href) => Object.assign(document.createElement("a"),
    { href, download: figure.dataset.name + "." + kind }).click();
  if (kind === "svg") return save(url);
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    canvas.width = 2 * svg.getAttribute("width");
    canvas.height = 2 * svg.getAttribute("height");
    const context = canvas.getContext("2d");
    context.fillStyle = backgroundColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    save(canvas.toDataURL("image/png"));
  };
  image.src = url;
});
`;
