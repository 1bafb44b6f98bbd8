import type { SweepRow, SweepTable } from "./sweep_table.ts";

/** A column of a table for people. */
export interface Column {
  title: string;
  cell(row: SweepRow): string;
}

/** The columns that some row fills: scores and comparisons, or what the runs cost. */
export function columnsOf(table: SweepTable, { cost }: { cost: boolean }): Column[] {
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
  { title: "parameters of G", cell: ({ parameters }) => count(parameters?.generator) },
  { title: "parameters of D", cell: ({ parameters }) => count(parameters?.discriminator) },
  { title: "time per epoch", cell: ({ secondsPerEpoch }) => duration(secondsPerEpoch) },
];

const PUBLISHED_COST: Column = {
  title: "published: G, D, time (RTX 2070 Super)",
  cell({ publishedCost }) {
    if (publishedCost === null) return "";
    const { generator, discriminator, minutesPerEpoch } = publishedCost;
    return `${millions(generator, 1)}, ${millions(discriminator, 2)}, ${minutesPerEpoch} min`;
  },
};

function spread(summary: SweepRow["mIoU"]): string {
  if (summary === null) return "–";
  const mean = (summary.mean * 100).toFixed(2);
  return summary.sd === null ? mean : `${mean} ± ${(summary.sd * 100).toFixed(2)}`;
}

/** A difference of fractions in points; −0.00 is +0.00. */
function points(fraction: number): string {
  const text = Math.abs(fraction * 100).toFixed(2);
  return `${fraction < 0 && Number(text) !== 0 ? "−" : "+"}${text}`;
}

function probability(p: number): string {
  return p < 0.001 ? p.toExponential(0) : p.toFixed(3);
}

function count(parameters: number | undefined): string {
  return parameters === undefined ? "–" : parameters.toLocaleString("en-US");
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
