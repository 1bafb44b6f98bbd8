/**
 * HTML of the report: a template tag that escapes, and the style and script of the page.
 *
 * @module
 */
/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What a template may hold: strings are escaped, HTML and lists of it are not. */
export type Content = string | number | Html | readonly Html[] | null;

/** Template tag: every plain value is escaped. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(parts.reduce((text, part, i) => text + show(values[i - 1] ?? null) + part));
}

/** Trusted text, such as an SVG of our own. */
export function raw(text: string): Html {
  return new Html(text);
}

function show(value: Content): string {
  if (value === null) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map((part) => part.text).join("\n");
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Style of the report: one column on a telephone, two on a desk, light or dark as the reader's system is. */
export const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dee4, #30363d);
  --soft: light-dark(#f6f8fa, #161b22); --paper: light-dark(#fff, #0d1117);
  --ink: light-dark(#1f2328, #e6edf3); --faint: light-dark(#59636e, #9198a1);
  --link: light-dark(#0969da, #58a6ff); --ok: #2da44e; --bad: #e5534b; }
* { box-sizing: border-box; }
html { scroll-padding-top: 3rem; }
body { margin: 0 auto; padding: 1.5rem 1.2rem 4rem; max-width: 1240px; font: 15px/1.55 system-ui, sans-serif;
  background: var(--paper); color: var(--ink); overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .8rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
h3 { font-size: .95rem; margin: 1rem 0 .3rem; }
nav { display: flex; flex-wrap: wrap; gap: .15rem 1rem; font-size: .9rem; margin: .6rem 0; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
.key { position: sticky; top: 0; z-index: 2; display: flex; gap: .3rem; overflow-x: auto;
  padding: .45rem 0; background: var(--paper); border-bottom: 1px solid var(--line); }
.key button { flex: none; font: inherit; font-size: .8rem; padding: .1rem .55rem; color: inherit;
  background: none; border: 1px solid transparent; border-radius: 1rem; cursor: pointer; }
.key button:hover { background: var(--soft); } .key [aria-pressed=true] { border-color: var(--faint); }
.key i, .legend i { display: inline-block; width: .75em; height: .75em; margin-right: .4em; border-radius: 2px; }
.grid { display: grid; gap: 1.6rem 1.8rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); }
.grid:has(> figure:only-child) { grid-template-columns: minmax(0, 640px); }
figure { margin: 0; min-width: 0; } figure svg { max-width: 100%; height: auto; }
figcaption { display: flex; justify-content: space-between; gap: .5rem; font-size: .9rem; font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem .9rem; font-size: .8rem; color: var(--faint); }
.key ~ section figure .legend:not(.own) { display: none; }
.legend.names { margin: .4rem 0; }
.save { flex: none; opacity: .55; } figure:hover .save, .save:focus-within { opacity: 1; }
.save button { font: inherit; font-size: .7rem; font-weight: 400; cursor: pointer; color: var(--faint);
  background: none; border: 1px solid var(--line); border-radius: 4px; margin-left: .25rem; }
.wide { overflow-x: auto; margin: .4rem 0; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { white-space: nowrap; padding: .3rem .75rem; border-bottom: 1px solid var(--line); text-align: right; }
th { font-weight: 600; color: var(--faint); }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--paper); padding-left: 0; }
tbody tr:hover td { background: var(--soft); }
ul { padding-left: 1.2rem; font-size: .9rem; } .sweep ul { white-space: normal; max-width: 80ch; }
.note { font-size: .85rem; color: var(--faint); margin: .5rem 0; max-width: 100ch; }
.state { padding: .45rem .8rem; margin: .4rem 0; border-left: 4px solid var(--line); background: var(--soft);
  border-radius: 0 6px 6px 0; font-size: .9rem; }
.state.ok { border-color: var(--ok); } .state.bad { border-color: var(--bad); }
.state + .grid, .state + .wide { margin-top: 1.2rem; }
.pictures td, .pictures th { vertical-align: bottom; padding: .2rem .3rem .5rem 0; border: 0; text-align: left;
  font-size: .75rem; white-space: normal; max-width: 166px; }
.pictures td { vertical-align: top; } .pictures th:first-child, .pictures td:first-child { position: static; }
.pictures img { display: block; width: 160px; height: auto; image-rendering: pixelated; border-radius: 3px; }
details { margin: .8rem 0; } summary { cursor: pointer; font-size: .9rem; color: var(--link); }
pre { overflow-x: auto; background: var(--soft); padding: .8rem; font-size: .8rem; border-radius: 6px; }
@media (max-width: 480px) { body { padding: .8rem .8rem 3rem; } h1 { font-size: 1.4rem; }
  .pictures img { width: 104px; } .pictures th, .pictures td { max-width: 110px; }
  .sweep ul { width: calc(100vw - 1.6rem); position: sticky; left: 0; } }
@media print { .save, nav { display: none; } .key { position: static; } }
`;

/** Saves a figure as SVG, or as PNG by way of a canvas, and shows one series alone. */
export const REPORT_SCRIPT = `
const only = document.head.appendChild(document.createElement("style"));
addEventListener("click", ({ target }) => {
  const button = target.closest("button");
  if (button?.dataset.color) show(button);
  if (button?.dataset.save) save(button.closest("figure"), button.dataset.save);
});
function show(button) {
  const isOff = button.getAttribute("aria-pressed") === "true";
  for (const other of button.parentNode.children) other.setAttribute("aria-pressed", "false");
  only.textContent = "";
  if (isOff) return;
  button.setAttribute("aria-pressed", "true");
  const others = [...button.parentNode.children].filter((one) => one !== button);
  only.textContent = others.flatMap(({ dataset: { color } }) =>
    ["stroke", "fill"].map((name) => 'figure svg [' + name + '="' + color + '"]')
  ).join() + "{opacity:.08}";
}
function save(figure, kind) {
  const svg = figure.querySelector("svg").cloneNode(true);
  const [x, y, width, height] = svg.dataset.whole.split(" ").map(Number);
  const { color, backgroundColor } = getComputedStyle(document.body);
  svg.setAttribute("viewBox", svg.dataset.whole);
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("style", "color:" + color + ";background:" + backgroundColor);
  const url = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(new XMLSerializer().serializeToString(svg));
  const give = (href) => Object.assign(document.createElement("a"),
    { href, download: figure.dataset.name + "." + kind }).click();
  if (kind === "svg") return give(url);
  const image = new Image();
  image.onload = () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
    const context = canvas.getContext("2d");
    context.fillStyle = backgroundColor;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    give(canvas.toDataURL("image/png"));
  };
  image.src = url;
}
`;
