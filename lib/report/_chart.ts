import * as Plot from "@observablehq/plot";
import { parseHTML } from "linkedom";

/** A figure of a report. */
export interface Figure {
  /** File name without ending. */
  name: string;
  title: string;
  /** A whole `<svg>`. */
  svg: string;
  /** Names and colours, where there is more than one series. */
  legend: { name: string; color: string }[];
}

/** Colours that can be told apart on light and dark ground (Observable 10). */
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
  plot: Plot.PlotOptions;
}

/** Colour of the nth series. */
export function colorOf(index: number): string {
  return COLORS[index % COLORS.length]!;
}

/** Draws a chart; marks may use `stroke: "run"` with the names of the series. */
export function chart({ name, title, series = [], shown = series, plot }: ChartOptions): Figure {
  const { document } = parseHTML("<html></html>") as unknown as {
    document: NonNullable<Plot.PlotOptions["document"]>;
  };
  const drawn = Plot.plot({
    document,
    width: 560,
    height: 260,
    marginLeft: 52,
    style: { background: "transparent", fontSize: "11px" },
    ...(series.length === 0 ? {} : {
      color: {
        type: "categorical",
        domain: [...series],
        range: series.map((_, i) => colorOf(i)),
      },
    }),
    ...plot,
  });
  const svg = drawn.outerHTML.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ');
  return {
    name,
    title,
    svg,
    legend: shown.length < 2
      ? []
      : shown.map((of) => ({ name: of, color: colorOf(series.indexOf(of)) })),
  };
}
