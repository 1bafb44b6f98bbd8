import type { SweepRow, SweepTable } from "./sweep_table.ts";

/** Columns in order; an absent value is an empty cell. */
const COLUMNS: readonly [head: string, value: (row: SweepRow) => unknown][] = [
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
export function sweepCsv({ name, rows }: SweepTable): string {
  const head = ["sweep", ...COLUMNS.map(([title]) => title)];
  const body = rows.map((row) => [name, ...COLUMNS.map(([, value]) => value(row))].map(csvCell));
  return [head, ...body].map((cells) => `${cells.join(",")}\n`).join("");
}

function csvCell(value: unknown): string {
  const text = String(value ?? "");
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
