/**
 * A sweep's table as Markdown, CSV or HTML.
 *
 * @module
 */
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
   * @default false
   */
  cost?: boolean;
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
  if (format === "csv") return csv(table);
  const columns = (options.cost ? COST : SCORES)
    .filter(({ show }) => show === undefined || table.rows.some(show));
  const head = columns.map(({ title }) => title);
  const body = table.rows.map((row) => columns.map(({ cell }) => cell(row)));
  return format === "md"
    ? markdown({ table, head, body, options })
    : html({ table, head, body, options });
}

interface Column {
  title: string;
  cell(row: SweepRow): string;
  /** Left out unless some row needs it. */
  show?(row: SweepRow): boolean;
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
  {
    title: "Δ mIoU [95 %]",
    cell: ({ difference, isBaseline }) => {
      if (difference === null) return isBaseline ? "" : "–";
      const { mean, interval } = difference;
      return interval === null
        ? signed(mean)
        : `${signed(mean)} [${signed(interval[0])}, ${signed(interval[1])}]`;
    },
    show: ({ difference }) => difference !== null,
  },
  {
    title: "p (permutation / Wilcoxon)",
    cell: ({ difference }) =>
      difference === null
        ? ""
        : `${probability(difference.permutationP)} / ${probability(difference.wilcoxonP)}`,
    show: ({ difference }) => difference !== null,
  },
  {
    title: "published pAcc/mIoU",
    cell: ({ published }) =>
      published === null ? "" : `${published.pAcc.toFixed(2)}/${published.mIoU.toFixed(2)}`,
    show: ({ published }) => published !== null,
  },
];

const COST: readonly Column[] = [
  { title: "trial", cell: ({ name }) => name },
  { title: "parameters of G", cell: ({ parameters }) => millions(parameters?.generator) },
  { title: "parameters of D", cell: ({ parameters }) => millions(parameters?.discriminator) },
  {
    title: "minutes per epoch",
    cell: ({ secondsPerEpoch }) =>
      secondsPerEpoch === null ? "–" : (secondsPerEpoch / 60).toPrecision(3),
  },
];

/** Sentences under the table. */
function notes({ finished, trials, rows, score }: SweepTable, options: FormatOptions): string[] {
  const readings = rows.filter(({ reading }) => reading !== null);
  const said = new Set(readings.map(({ reading }) => reading));
  const comparisons = said.size === 1 && readings.length > 1
    ? [`Every trial: ${readings[0]!.reading}`]
    : readings.map(({ name, reading }) => `${name}: ${reading}`);
  const diverged = rows.filter((row) => row.diverged.length > 0)
    .map((row) => `${row.name}: the loss was no number with seed ${row.diverged.join(", ")}`);
  const unfinished = finished < trials ? [`${finished} of ${trials} trials have finished`] : [];
  if (options.cost) return unfinished;
  return [
    ...unfinished,
    ...diverged,
    ...comparisons,
    `Mean ± standard deviation over seeds of the ${score} validation; Δ pairs equal seeds`,
  ];
}

interface Sheet {
  table: SweepTable;
  head: string[];
  body: string[][];
  options: FormatOptions;
}

function markdown({ table, head, body, options }: Sheet): string {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const rule = head.map((_, i) => i === 0 ? "---" : "---:");
  return [
    `**${table.name}**`,
    "",
    ...[head, rule, ...body].map(line),
    "",
    ...notes(table, options).map((note) => `- ${note}`),
    "",
  ].join("\n");
}

function html({ table, head, body, options }: Sheet): string {
  const row = (tag: string, cells: string[]): string =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join("")}</tr>`;
  return [
    `<table><caption>${escapeHtml(table.name)}</caption>`,
    `<thead>${row("th", head)}</thead>`,
    `<tbody>${body.map((cells) => row("td", cells)).join("\n")}</tbody></table>`,
    `<ul>${notes(table, options).map((note) => `<li>${escapeHtml(note)}</li>`).join("")}</ul>`,
    "",
  ].join("\n");
}

function csv({ rows }: SweepTable): string {
  const head = [
    ["trial", "baseline", "seeds", "pacc_mean", "pacc_sd", "miou_mean", "miou_sd", "miou_diff"],
    ["diff_sd", "ci_low", "ci_high", "p_permutation", "p_wilcoxon", "pairs", "published_pacc"],
    ["published_miou"],
  ].flat();
  const body = rows.map((row) => {
    const { pAcc, mIoU, difference, published } = row;
    return [
      row.name,
      row.isBaseline,
      row.seeds.join(" "),
      pAcc?.mean,
      pAcc?.sd,
      mIoU?.mean,
      mIoU?.sd,
      difference?.mean,
      difference?.sd,
      difference?.interval?.[0],
      difference?.interval?.[1],
      difference?.permutationP,
      difference?.wilcoxonP,
      difference?.n,
      published?.pAcc,
      published?.mIoU,
    ].map(csvCell);
  });
  return [head, ...body].map((cells) => `${cells.join(",")}\n`).join("");
}

function csvCell(value: unknown): string {
  const text = String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function spread(summary: SweepRow["mIoU"]): string {
  if (summary === null) return "–";
  const mean = (summary.mean * 100).toFixed(2);
  return summary.sd === null ? mean : `${mean} ± ${(summary.sd * 100).toFixed(2)}`;
}

function signed(fraction: number): string {
  const text = Math.abs(fraction * 100).toFixed(2);
  return `${fraction < 0 ? "−" : "+"}${text}`;
}

function probability(p: number): string {
  return p < 0.001 ? p.toExponential(0) : p.toFixed(3);
}

function millions(count: number | undefined): string {
  return count === undefined ? "–" : count === 0 ? "" : `${(count / 1e6).toPrecision(3)}M`;
}
