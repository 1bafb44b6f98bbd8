import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";
import { html, raw } from "./html.ts";

/** A figure of a report. */
export interface Figure {
  /** File name without ending. */
  name: string;
  title: string;
  /** A whole `<svg>` with title and legend, for a file of its own. */
  svg: string;
  /** The same cut to the plot, for a page that has title and legend already. */
  plot: string;
  /** Names and colours, where there is more than one series. */
  legend: { name: string; color: string }[];
  /** Whether those are the series of the whole report, whose colours a page shows once for all. */
  isKeyed: boolean;
}

/** Colours that differ clearly on light and dark ground (Observable 10). */
const COLORS: readonly string[] = [
  "#4269d0",
  "#efb118",
  "#ff725c",
  "#6cc5b0",
  "#3ca951",
  "#ff8ab7",
  "#a463f2",
  "#97bbf5",
  "#9c6b4e",
  "#9498a0",
];

/** What a chart is made of. */
export interface ChartOptions {
  name: string;
  title: string;
  /** Series in the order of their colours, the same in all charts of a report. */
  series?: readonly string[];
  /** Those of them that are in this chart. @default all */
  shown?: readonly string[];
  /** What its marks mean, where colours are not series. */
  legend?: Figure["legend"];
  plot: Plot.PlotOptions;
}

/** Width of a chart in pixels, unless it asks for another. */
const WIDTH = 440;

/** Pixels of a letter of the text in charts, on average and rounded up. */
const LETTER = 6.6;

/** Height of the title above and of a line of the legend below. */
const [TITLE, LINE] = [26, 18];

/** Room around a figure that stands alone. */
const PAD = 10;

/** Colour of the nth of so many series. */
export function colorOf(index: number, count: number = COLORS.length): string {
  return count <= COLORS.length
    ? COLORS[index]!
    : `hsl(${Math.round(index * 360 / count)} 60% ${index % 2 === 0 ? 45 : 62}%)`;
}

/** Room for the longest of the names to the left of a chart. */
export function marginFor(names: readonly string[]): number {
  return Math.min(220, Math.max(40, 18 + LETTER * Math.max(0, ...names.map((n) => n.length))));
}

/** Draws a chart; marks may use `stroke: "series"` with the names of the series. */
export function chart(options: ChartOptions): Figure {
  const { name, title, series = [], shown = series, plot } = options;
  const { document } = parseHTML("<html></html>") as unknown as {
    document: NonNullable<Plot.PlotOptions["document"]>;
  };
  const size = { width: plot.width ?? WIDTH, height: plot.height ?? 240 };
  const colors = series.map((_, i) => colorOf(i, series.length));
  const drawn = Plot.plot({
    document,
    ...size,
    marginLeft: 52,
    marginBottom: 40,
    marginTop: 26,
    style: { background: "transparent", fontSize: "12px" },
    ...(series.length === 0
      ? {}
      : { color: { type: "categorical", domain: [...series], range: colors } }),
    ...plot,
  });
  const own = shown.length < 2
    ? []
    : shown.map((of) => ({ name: of, color: colors[series.indexOf(of)]! }));
  const legend = options.legend ?? own;
  const frame = decorate(drawn.outerHTML, { title, legend, ...size });
  return { name, title, ...frame, legend, isKeyed: options.legend === undefined };
}

/** Adds title and legend outside the plot's own frame, where a page does not show them. */
function decorate(
  svg: string,
  { title, legend, width, height }: Pick<Figure, "title" | "legend"> & {
    width: number;
    height: number;
  },
): Pick<Figure, "svg" | "plot"> {
  let [x, y] = [0, height + LINE];
  const entries = legend.map(({ name, color }) => {
    const wide = 24 + LETTER * name.length;
    if (x > 0 && x + wide > width) [x, y] = [0, y + LINE];
    const entry = html`
      <rect x="${x}" y="${y - 9}" width="10" height="10" rx="2" fill="${color}"></rect>
      <text x="${x + 15}" y="${y}">${name}</text>
    `;
    x += wide;
    return entry;
  });
  const bottom = legend.length === 0 ? height : y + 10;
  const whole = { width: width + 2 * PAD, height: bottom + TITLE + 2 * PAD };
  const box = `${-PAD} ${-TITLE - PAD} ${whole.width} ${whole.height}`;
  const around = html`
    <g fill="currentColor" text-anchor="start" aria-hidden="true">
      <text y="-8" font-size="13" font-weight="600">${title}</text>${entries}
    </g>
  `;
  const inner = svg.replace(/<svg [^>]*>/, "").replace(/<\/svg>$/, `${around.text}</svg>`);
  const open = (attributes: string): string =>
    `<svg xmlns="http://www.w3.org/2000/svg" class="${
      /class="([^"]*)"/.exec(svg)![1]
    }" fill="currentColor" font-family="system-ui, sans-serif" font-size="12" text-anchor="middle" ${attributes}>`;
  const label = html`role="img" aria-label="${title}"`;
  return {
    plot: open(
      `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
        `data-whole="${box}" ${label}`,
    ) + inner,
    svg: open(`width="${whole.width}" height="${whole.height}" viewBox="${box}" ${label}`) +
      raw(ALONE).text + inner,
  };
}

/** A file of its own follows the reader's light or dark. */
const ALONE = "<style>svg{color:#1f2328;background:#fff}" +
  "@media(prefers-color-scheme:dark){svg{color:#e6edf3;background:#0d1117}}</style>";
