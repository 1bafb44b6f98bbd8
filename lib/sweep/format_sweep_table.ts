/**
 * A sweep's table as Markdown, CSV or HTML.
 *
 * @module
 */
import { count, csvLine, percent } from "../util/format.ts";
import type { SweepRow, SweepTable } from "./sweep_table.ts";

/** How a table can be written. */
export type TableFormat = "md" | "csv" | "html";

/** Every {@linkcode TableFormat}. */
export const tableFormats: readonly TableFormat[] = ["md", "csv", "html"];

/** What the columns show. */
export interface FormatOptions {
  /**
   * Parameters and time of an epoch as in Table 4-8 of the thesis, in place of scores. Times differ
   * from run to run; scores do not.
   *
   * @default true for a table whose published numbers are costs
   */
  cost?: boolean | undefined;
}

/**
 * Writes a table. Markdown and HTML are for people: per cent, two digits, a sentence for each
 * comparison. CSV is for programs: fractions, all digits.
 */
export function formatSweepTable(
  table: SweepTable,
  format: TableFormat,
  options: FormatOptions = {},
): string {
  if (format === "csv") return sweepCsv(table);
  const cost = options.cost ?? table.rows.some(({ publishedCost }) => publishedCost !== null);
  const columns = columnsOf(table, { cost });
  const sheet = {
    name: table.name,
    head: columns.map(({ title }) => title),
    body: table.rows.map((row) => columns.map(({ cell }) => cell(row))),
    notes: notesOf(table, { cost }),
  };
  return format === "md" ? markdown(sheet) : html(sheet);
}

/** A column of a table for people. */
interface Column {
  title: string;
  cell(row: SweepRow): string;
}

/** The columns that some row fills: scores and comparisons, or what the runs cost. */
function columnsOf(table: SweepTable, { cost }: { cost: boolean }): Column[] {
  const { rows } = table;
  const some = (column: Column, is: (row: SweepRow) => boolean): Column[] =>
    rows.some(is) ? [column] : [];
  if (cost) {
    return [
      ...COST,
      ...some(PUBLISHED_COST, ({ publishedCost }) => publishedCost !== null),
    ];
  }
  const isCompared = ({ difference }: SweepRow): boolean => difference !== null;
  return [
    ...SCORES,
    ...some(differenceColumn(table), isCompared),
    ...some(TESTS, isCompared),
    ...some(PUBLISHED, ({ published }) => published !== null),
  ];
}

const SCORES: readonly Column[] = [
  {
    title: "trial",
    cell: ({ name, isBaseline }) =>
      isBaseline && !/baseline/i.test(name) ? `${name} (baseline)` : name,
  },
  { title: "seeds", cell: ({ seeds }) => String(seeds.length) },
  { title: "pAcc %", cell: ({ pAcc }) => spread(pAcc) },
  { title: "mIoU %", cell: ({ mIoU }) => spread(mIoU) },
];

function differenceColumn({ rows, reference }: SweepTable): Column {
  const usual = rows.find(({ isBaseline }) => isBaseline)?.isReference ?? false;
  return {
    title: `Δ mIoU ${usual ? "" : `to ${reference} `}[95 %]`,
    cell({ difference, isReference }) {
      if (difference === null) return isReference ? "" : "–";
      const { mean, interval } = difference;
      return interval === null
        ? points(mean)
        : `${points(mean)} [${points(interval[0])}, ${points(interval[1])}]`;
    },
  };
}

const TESTS: Column = {
  title: "p (permutation / Wilcoxon)",
  cell: ({ difference }) =>
    difference === null
      ? ""
      : `${probability(difference.permutationP)} / ${probability(difference.wilcoxonP)}`,
};

const PUBLISHED: Column = {
  title: "published pAcc/mIoU (Δ)",
  cell({ published, publishedDifference }) {
    if (published === null) return "";
    const gain = publishedDifference === null ? "" : ` (${points(publishedDifference / 100)})`;
    return `${published.pAcc.toFixed(2)}/${published.mIoU.toFixed(2)}${gain}`;
  },
};

const COST: readonly Column[] = [
  { title: "trial", cell: ({ name }) => name },
  {
    title: "parameters of G",
    cell: ({ parameters }) => parameters === null ? "–" : count(parameters.segmentation),
  },
  {
    title: "parameters of D",
    cell: ({ parameters }) => parameters === null ? "–" : count(parameters.discriminator),
  },
  { title: "time per epoch", cell: ({ secondsPerEpoch }) => duration(secondsPerEpoch) },
];

const PUBLISHED_COST: Column = {
  title: "published: G, D, time (RTX 2070 Super)",
  cell({ publishedCost }) {
    if (publishedCost === null) return "";
    const { segmentation, discriminator, minutesPerEpoch } = publishedCost;
    return `${millions(segmentation, 1)}, ${millions(discriminator, 2)}, ${minutesPerEpoch} min`;
  },
};

function spread(summary: SweepRow["mIoU"]): string {
  if (summary === null) return "–";
  const mean = percent(summary.mean);
  return summary.sd === null ? mean : `${mean} ± ${percent(summary.sd)}`;
}

/** A difference of fractions in points; −0.00 is +0.00. */
function points(fraction: number): string {
  const text = Math.abs(fraction * 100).toFixed(2);
  return `${fraction < 0 && Number(text) !== 0 ? "−" : "+"}${text}`;
}

function probability(p: number): string {
  return p < 0.001 ? p.toExponential(0) : p.toFixed(3);
}

function millions(parameters: number, digits: number): string {
  return parameters === 0 ? "none" : `${(parameters / 1e6).toFixed(digits)}M`;
}

function duration(seconds: number | null): string {
  if (seconds === null) return "–";
  return seconds < 60
    ? `${Number(seconds.toPrecision(3))} s`
    : `${Number((seconds / 60).toPrecision(3))} min`;
}

/** Sentences under the table. */
function notesOf(table: SweepTable, { cost }: { cost: boolean }): string[] {
  const { finished, trials, rows, score } = table;
  const unfinished = finished < trials ? [`${finished} of ${trials} trials have finished`] : [];
  if (cost) return unfinished;
  const readings = rows.filter(({ reading }) => reading !== null);
  const said = new Set(readings.map(({ reading }) => reading));
  const comparisons = said.size === 1 && readings.length > 1
    ? [`Every trial: ${readings[0]!.reading}`]
    : readings.map(({ name, reading }) => `${name}: ${reading}`);
  const diverged = rows.filter((row) => row.diverged.length > 0)
    .map((row) => `${row.name}: the loss was no number with seed ${row.diverged.join(", ")}`);
  return [
    ...unfinished,
    ...table.notes,
    ...diverged,
    ...comparisons,
    ...severalComparisons(table),
    `Mean ± standard deviation over seeds of the ${score} validation; Δ pairs equal seeds`,
  ];
}

/** Chance alone makes one of many comparisons look good. */
function severalComparisons({ rows }: SweepTable): string[] {
  const tested = rows.filter(({ difference }) =>
    difference !== null && difference.smallestP < 0.05
  );
  const count = tested.length;
  if (count < 2) return [];
  const level = Number((0.05 / count).toPrecision(2));
  return [
    `Each p stands for itself; among ${count} comparisons, one holds against all only below ${level} (Bonferroni)`,
  ];
}

interface Sheet {
  name: string;
  head: string[];
  body: string[][];
  notes: string[];
}

function markdown({ name, head, body, notes }: Sheet): string {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = head.map((_, i) => i === 0 ? "---" : "---:");
  return [
    `**${name}**`,
    "",
    ...[head, rule, ...body].map(line),
    "",
    ...notes.map((note) => `- ${note}`),
    "",
  ].join("\n");
}

function html({ name, head, body, notes }: Sheet): string {
  const row = (tag: string, cells: string[]): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return [
    `<table><caption>${escapeHtml(name)}</caption>`,
    `<thead>${row("th", head)}</thead>`,
    `<tbody>${body.map((cells) => row("td", cells)).join("\n")}</tbody></table>`,
    `<ul>${notes.map((note) => `<li>${escapeHtml(note)}</li>`).join("")}</ul>`,
    "",
  ].join("\n");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Columns in order; an absent value is an empty cell. */
const CSV_COLUMNS: readonly [head: string, value: (row: SweepRow) => unknown][] = [
  ["trial", (row) => row.name],
  ["baseline", (row) => row.isBaseline],
  ["seeds", (row) => row.seeds.join(" ")],
  ["pacc_mean", (row) => row.pAcc?.mean],
  ["pacc_sd", (row) => row.pAcc?.sd],
  ["miou_mean", (row) => row.mIoU?.mean],
  ["miou_sd", (row) => row.mIoU?.sd],
  ["miou_diff", (row) => row.difference?.mean],
  ["diff_sd", (row) => row.difference?.sd],
  ["ci_low", (row) => row.difference?.interval?.[0]],
  ["ci_high", (row) => row.difference?.interval?.[1]],
  ["p_permutation", (row) => row.difference?.permutationP],
  ["p_wilcoxon", (row) => row.difference?.wilcoxonP],
  ["pairs", (row) => row.difference?.n],
  ["published_pacc", (row) => row.published?.pAcc],
  ["published_miou", (row) => row.published?.mIoU],
];

/** A sweep's table as CSV, led by the sweep's name; fractions, all digits. */
function sweepCsv({ name, rows }: SweepTable): string {
  const head = ["sweep", ...CSV_COLUMNS.map(([title]) => title)];
  const body = rows.map((row) => [name, ...CSV_COLUMNS.map(([, value]) => value(row))]);
  return [head, ...body].map(csvLine).join("");
}
