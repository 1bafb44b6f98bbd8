import { configKeys, valueAt } from "../config/schema.ts";
import { configToYaml } from "../config/yaml.ts";
import { describeMean } from "../metrics/scores.ts";
import type { SweepTable } from "../sweep/sweep_table.ts";
import { formatSweepTable } from "../sweep/format_sweep_table.ts";
import {
  describeGan,
  diagnoseGan,
  type GanDiagnosis,
  type GanMeans,
  type GanState,
} from "../train/gan_diagnosis.ts";
import { count, percent } from "../util/format.ts";
import { groupBy } from "../util/group_by.ts";
import type { Figure } from "./chart.ts";
import { seriesNames, seriesOf } from "./curves.ts";
import { type Content, type Html, html, raw } from "./html.ts";
import { type RunRecord, secondsPerEpoch } from "../train/run/read_run.ts";

/** Figures side by side, with buttons that save them; a note where there is none. */
export function figures(list: readonly Figure[], empty: string): Html {
  if (list.length === 0) return note(empty);
  const one = ({ name, title, plot, legend, isKeyed }: Figure): Html =>
    html`
      <figure data-name="${name}">
        <figcaption>${title}<span class="save"
          ><button data-save="svg" aria-label="save as SVG">SVG</button
          ><button data-save="png" aria-label="save as PNG">PNG</button></span></figcaption>
        <div class="plot">${raw(plot)}</div>
        <div class="legend${isKeyed ? "" : " own"}">${legend.map((entry) =>
          html`<span><i style="background:${entry.color}"></i>${entry.name}</span>`
        )}</div>
      </figure>
    `;
  return html`<div class="grid">${list.map(one)}</div>`;
}

/** A remark, or the text of an empty section. */
export function note(text: string): Html {
  return html`<p class="note">${text}</p>`;
}

/** A table from cells. */
export function table(head: readonly string[], rows: readonly (readonly Content[])[]): Html {
  return html`
    <div class="wide">
      <table>
        <thead>
          <tr>${head.map((cell) => html`<th>${cell}</th>`)}</tr>
        </thead>
        <tbody>${rows.map((row) =>
          html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`
        )}</tbody>
      </table>
    </div>
  `;
}

/** What is reported on, in a line. */
export function overview(runs: readonly RunRecord[]): Html {
  const times = runs.map(({ start }) => start.time);
  const series = seriesNames(runs).length;
  const seconds = runs.reduce((sum, { end }) => sum + (end?.seconds ?? 0), 0);
  const models = distinct(
    runs.map(({ start: { config: { model, data } } }) =>
      `${model.name}${model.width === 1 ? "" : `, width ${model.width}`}, on ${data.dataset}`
    ),
  );
  const parts = [
    runs.length === 1 ? "1 run" : `${runs.length} runs`,
    ...(series < runs.length ? [series === 1 ? "1 trial" : `${series} trials`] : []),
    models,
    distinct(runs.map(({ start }) => `${start.backend}: ${start.device}`)),
    `begun ${day(Math.min(...times))} UTC`,
    ...(seconds > 0 ? [`${duration(seconds)} of training`] : []),
  ];
  return html`<p class="note">${parts.join(" · ")}</p>`;
}

/** Tables of sweeps with their sentences, then what each run reached. */
export function results(
  runs: readonly RunRecord[],
  { sweeps, figure }: { sweeps: readonly SweepTable[]; figure: Figure | null },
): Html {
  const tables = sweeps.map((sweep) =>
    html`<div class="wide sweep">${raw(formatSweepTable(sweep, "html"))}</div>`
  );
  const each = summary(runs);
  const pictured = figure === null ? null : figures([figure], "");
  return sweeps.length === 0
    ? each
    : html`${tables}${pictured}<details><summary>each run</summary>${each}</details>`;
}

function summary(runs: readonly RunRecord[]): Html {
  const rows = runs.map((run) => {
    const best = run.validations.findLast((validation) => validation.best);
    const last = run.validations.at(-1);
    return [
      run.name,
      percent(last?.scores.mIoU),
      percent(last?.scores.pAcc),
      best === undefined ? "–" : `${percent(best.scores.mIoU)} (epoch ${best.epoch})`,
      String(run.steps.at(-1)?.step ?? 0),
      run.end?.reason ?? "not ended",
    ];
  });
  const head = ["run", "last mIoU %", "last pAcc %", "best mIoU %", "steps", "end"];
  return html`${table(head, rows)}${scoreRules(runs).map(note)}`;
}

/** By which rules the last validations were scored, and which classes entered their means. */
function scoreRules(runs: readonly RunRecord[]): string[] {
  const all = runs.flatMap(({ name, validations }) => {
    const scores = validations.at(-1)?.scores;
    if (scores === undefined) return [];
    const size = scores.scoreSize === "resized"
      ? "; labels were resized as images are (inference.scoreSize resized)"
      : "";
    return [{ name, rule: `${describeMean(scores)}${size}` }];
  });
  const groups = groupBy(all, ({ rule }) => rule);
  return groups.map((group) => {
    const of = groups.length === 1 ? "" : ` of ${distinct(group.map(({ name }) => name))}`;
    return `mIoU${of}: ${group[0].rule}.`;
  });
}

/** The state of each discriminator; runs of a group in the same state share a sentence. */
export function diagnoses(runs: readonly RunRecord[]): Html {
  const all = runs.map((run) => ({
    series: seriesOf(run),
    ...diagnoseGan(run.steps.map(({ logs }) => logs)),
  }));
  const groups = groupBy(all, ({ series, state }) => `${state}\n${series}`);
  const lines = groups.map((group) => {
    const { series, state } = group[0];
    const total = all.filter((one) => one.series === series).length;
    const count = group.length === total
      ? total > 1 ? ` (${total} runs)` : ""
      : ` (${group.length} of ${total} runs)`;
    const text = describeGan(state, meanOf(group));
    return html`<p class="state ${CLASSES[state]}"><b>${series}</b>${count}: ${text}.</p>`;
  });
  return html`${lines}`;
}

/** Classes of a sentence on a discriminator. */
const CLASSES: Record<GanState, string> = {
  absent: "",
  balanced: "ok",
  notLearning: "bad",
  saturated: "bad",
  collapsed: "bad",
};

function meanOf(group: readonly GanDiagnosis[]): GanMeans {
  const mean = (key: keyof GanMeans): number =>
    group.reduce((sum, { means }) => sum + means[key], 0) / group.length;
  return {
    real: mean("real"),
    fake: mean("fake"),
    accuracy: mean("accuracy"),
    drift: mean("drift"),
    lossD: mean("lossD"),
  };
}

/** What differs between configurations, and one of them whole; of a group, seeds aside. */
export function configs(runs: readonly RunRecord[]): Html {
  const series = seriesNames(runs);
  const isGrouped = series.length < runs.length;
  const shown = isGrouped ? series.map((name) => runs.find((r) => seriesOf(r) === name)!) : runs;
  const keys = configKeys().filter((key) =>
    !(isGrouped && key === "seed") &&
    new Set(shown.map(({ start }) => JSON.stringify(valueAt(start.config, key)))).size > 1
  );
  const rows = shown.map((run) => [
    isGrouped ? seriesOf(run) : run.name,
    ...keys.map((key) => show(valueAt(run.start.config, key))),
  ]);
  const differences = keys.length > 0 ? table(["", ...keys], rows) : note(
    runs.length > 1 ? "The runs' configurations are equal." : "One run: nothing to compare.",
  );
  const [first] = runs;
  const whole = first === undefined ? "" : configToYaml(first.start.config);
  return html`
    ${differences}<details>
      <summary>${first?.name ?? ""}: the whole configuration</summary>
      <pre>${whole}</pre>
    </details>
  `;
}

/** Machine, time and memory. */
export function environment(runs: readonly RunRecord[]): Html {
  const deviceOf = ({ start }: RunRecord): string => `${start.backend}, ${start.device}`;
  // One for all stands at the top of the page
  const isMixed = new Set(runs.map(deviceOf)).size > 1;
  const rows = runs.map((run) => {
    const { start, end, steps } = run;
    const epoch = secondsPerEpoch(run);
    const waiting = steps.reduce((sum, { dataShare }) => sum + dataShare, 0) / (steps.length || 1);
    return [
      run.name,
      epoch === null ? "–" : duration(epoch),
      end === null ? "–" : duration(end.seconds),
      percent(waiting),
      end === null ? "–" : (end.memory.peakBytes / 2 ** 20).toFixed(1),
      count(start.parameters.segmentation),
      start.parameters.discriminator === 0 ? "none" : count(start.parameters.discriminator),
      day(start.time),
      ...(isMixed ? [deviceOf(run)] : []),
    ];
  });
  const head = ["run", "per epoch", "in all", "% waiting for data", "peak MiB of tensors"];
  const device = isMixed ? ["device"] : [];
  return table([...head, "parameters of G", "of D", "begun (UTC)", ...device], rows);
}

/** Warnings of all runs. */
export function warnings(runs: readonly RunRecord[]): Html {
  const lines = runs.flatMap(({ name, warnings: said }) =>
    said.map(({ step, message }) => html`<li><b>${name}</b>, step ${step}: ${message}</li>`)
  );
  return lines.length === 0 ? note("None.") : html`<ul>${lines}</ul>`;
}

function show(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value) ?? "–";
}

function distinct(list: readonly string[]): string {
  const all = [...new Set(list)];
  return all.length <= 2 ? all.join(" and ") : `${all[0]} and ${all.length - 1} others`;
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 16).replace("T", " ");
}

function duration(seconds: number): string {
  if (seconds < 120) return `${Number(seconds.toPrecision(3))} s`;
  if (seconds < 7200) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
