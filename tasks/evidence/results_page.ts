import { describeGan, diagnoseGan, type GanMeans, type RunRecord } from "../../lib/report/mod.ts";
import { formatSweepTable, thesisGrids } from "../../lib/sweep/mod.ts";
import { isLambda } from "./grid.ts";
import type { Evidence } from "./read_evidence.ts";

/** What stands around the generated part. */
const [BEGIN, END] = ["<!-- evidence: begin -->", "<!-- evidence: end -->"];

/** A page that holds no evidence yet. */
const BLANK = `# Results

${BEGIN}
${END}

## Reading

To be written.
`;

/**
 * Puts the evidence into a page: what stands between the markers is made anew, the rest is the
 * reader's own and stays.
 *
 * @param page The page so far; `null` begins one.
 */
export function resultsPage(
  page: string | null,
  { evidence, figure }: { evidence: readonly Evidence[]; figure: string },
): string {
  const text = page ?? BLANK;
  const [before, rest] = split(text, BEGIN);
  const [, after] = split(rest, END);
  const made = [
    "<!-- Made by tasks/evidence.ts from the sweeps' folders; changes are lost. -->",
    "",
    "## What was run",
    "",
    ...commands(evidence),
    facts(evidence),
    "",
    `![Difference of mIoU of each trial, by network](./${figure})`,
    "",
    ...evidence.flatMap(ofNetwork),
  ];
  return `${before}${BEGIN}\n${made.join("\n")}\n${END}${after}`;
}

function split(text: string, marker: string): [string, string] {
  const at = text.indexOf(marker);
  if (at < 0) throw new SyntaxError(`Cannot fill the page: it has no line ${marker}`);
  return [text.slice(0, at), text.slice(at + marker.length)];
}

function commands(evidence: readonly Evidence[]): string[] {
  // Where data and weights lie is nobody else's business
  const lines = evidence.flatMap(({ provenance }) =>
    provenance.map(({ command }) => command.replace(/(?<=[\s=])\/\S*\/(?=[^\s/]+\/?(\s|$))/g, ""))
  );
  return lines.length === 0 ? [] : ["```sh", ...new Set(lines), "```", ""];
}

/** Everything that a repetition needs to be the same, and what it would cost. */
function facts(evidence: readonly Evidence[]): string {
  const rows: [string, (one: Evidence) => string][] = [
    ["network", ({ runs }) => {
      const { model } = runs[0]!.start.config;
      const from = runs[0]!.start.initialization;
      const init = from === undefined
        ? "random start"
        : `${from.format} weights from ${from.origin}, ${from.copied} tensors`;
      return `${model.name}, width ${model.width}, ${init}`;
    }],
    ["parameters of G / D", ({ runs }) => {
      const d = Math.max(...runs.map(({ start }) => start.parameters.discriminator));
      return [runs[0]!.start.parameters.segmentation, d].map((n) => n.toLocaleString("en-US"))
        .join(" / ");
    }],
    ["training", ({ runs }) => {
      const { start: { config: { data, train, optimizer }, totalSteps } } = runs[0]!;
      return `${train.epochs} epochs (${totalSteps} steps) of ${data.batch} crops of ` +
        `${data.crop.join("×")}, lr ${optimizer.lr}`;
    }],
    [
      "seeds",
      ({ toBaseline: { rows } }) =>
        span(rows.map(({ seeds, diverged }) => seeds.length + diverged.length)),
    ],
    ["runs finished", ({ toBaseline: { finished, trials } }) => `${finished} of ${trials}`],
    ["wall time a run, median (least to most)", ({ runs }) => {
      const times = runs.flatMap(({ end }) => end?.seconds ?? []).sort((a, b) => a - b);
      const [least, most] = [times[0] ?? 0, times.at(-1) ?? 0];
      return `${minutes(times[times.length >> 1] ?? 0)} (${minutes(least)} to ${minutes(most)})`;
    }],
    [
      "wall time in all",
      ({ runs }) => minutes(runs.reduce((sum, { end }) => sum + (end?.seconds ?? 0), 0)),
    ],
    [
      "peak memory of tensors",
      ({ runs }) =>
        `${
          Math.ceil(Math.max(...runs.map(({ end }) => end?.memory.peakBytes ?? 0)) / 2 ** 20)
        } MiB`,
    ],
    ["machine", ({ runs }) => listed(runs.map(({ start }) => `${start.backend}, ${start.device}`))],
    [
      "commit",
      ({ provenance }) => listed(provenance.map(({ commit }) => commit)) || "not recorded",
    ],
    ["runtime", ({ provenance }) => listed(provenance.map(({ runtime }) => runtime)) || "–"],
  ];
  const begun = evidence.filter(({ runs }) => runs.length > 0);
  const line = (cells: string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["", ...begun.map(({ network }) => network.title)]),
    line(["---", ...begun.map(() => "---")]),
    ...rows.map(([name, of]) => line([name, ...begun.map(of)])),
  ].join("\n");
}

function ofNetwork({ network, toBaseline, toBest, runs }: Evidence): string[] {
  return [
    `## ${network.title}`,
    "",
    formatSweepTable(toBaseline, "md"),
    `The same runs against the λ that scored best here, ${toBest.reference}, as the thesis counts ` +
    "its gains:",
    "",
    gains(toBest, network.thesis),
    "",
    ...readings(toBest),
    "",
    "What the discriminators did:",
    "",
    ...diagnoses(runs),
    "",
  ];
}

/** Our differences beside the thesis', in points of mIoU from the best λ. */
function gains(table: Evidence["toBaseline"], thesis: readonly string[]): string {
  const published = thesis.map((name) => {
    const { baseline, trials } = thesisGrids.get(name)!.grid;
    const rows = [...trials, baseline!];
    const mIoU = new Map(rows.map(({ name: row, published }) => [row!, published!.mIoU]));
    mIoU.set("Baseline", baseline!.published!.mIoU);
    const best = Math.max(
      ...rows.filter(({ name: row }) => isLambda(row!))
        .map((row) => row.published!.mIoU),
    );
    return (row: string): string => mIoU.has(row) ? points(mIoU.get(row)! - best) : "";
  });
  const rows = table.rows.filter(({ difference }) => difference !== null).map((row) => {
    const { mean, interval, permutationP } = row.difference!;
    const range = interval === null
      ? ""
      : ` [${interval.map((end) => points(end * 100)).join(", ")}]`;
    const cells = [row.name, `${points(mean * 100)}${range}`, permutationP.toFixed(3)];
    return `| ${[...cells, ...published.map((of) => of(row.name))].join(" | ")} |`;
  });
  return [
    "| trial | Δ mIoU [95 %] | p | thesis, VOC2012 | thesis, CityScapes |",
    "| --- | ---: | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}

/** What the differences allow one to say, once where it is the same for all. */
function readings({ rows }: Evidence["toBaseline"]): string[] {
  const read = rows.filter(({ reading }) => reading !== null);
  return new Set(read.map(({ reading }) => reading)).size === 1
    ? [`- Every trial: ${read[0]!.reading}`]
    : read.map(({ name, reading }) => `- ${name}: ${reading}`);
}

/** One sentence a trial and state. */
function diagnoses(runs: readonly RunRecord[]): string[] {
  const found = runs.map(({ group, steps }) => ({
    trial: group!,
    ...diagnoseGan(steps.map(({ logs }) => logs)),
  })).filter(({ state }) => state !== "absent");
  const alike = Object.groupBy(found, ({ trial, state }) => `${trial}\n${state}`);
  return Object.values(alike).map((same) => {
    const { trial, state } = same![0]!;
    const mean = (key: keyof GanMeans): number =>
      same!.reduce((sum, { means }) => sum + means[key], 0) / same!.length;
    const means = {
      real: mean("real"),
      fake: mean("fake"),
      accuracy: mean("accuracy"),
      drift: mean("drift"),
      lossD: mean("lossD"),
    };
    const count = same!.length === 1 ? "1 run" : `${same!.length} runs`;
    return `- ${trial} (${count}): ${describeGan(state, means)}`;
  });
}

function points(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return `${value < 0 && Number(text) !== 0 ? "−" : "+"}${text}`;
}

function minutes(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function span(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `${least} a trial` : `${least} to ${most} a trial`;
}

function listed(list: readonly string[]): string {
  return [...new Set(list)].join("; ");
}
