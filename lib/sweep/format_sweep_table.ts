/**
 * A sweep's table as Markdown, CSV or HTML.
 *
 * @module
 */
import { columnsOf } from "./columns.ts";
import { sweepCsv } from "./sweep_csv.ts";
import type { SweepTable } from "./sweep_table.ts";

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
