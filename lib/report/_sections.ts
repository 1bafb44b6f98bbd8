import { Buffer } from "node:buffer";
import type { Config } from "../config/config.ts";
import { configKeys } from "../config/config_keys.ts";
import { configToYaml } from "../config/to_yaml.ts";
import { judgeGame } from "../train/judge_game.ts";
import type { Figure } from "./_chart.ts";
import { type Content, type Html, html, raw } from "./_html.ts";
import type { AnalysedRun, QualitativeRow } from "./qualitative_grid.ts";
import { type RunRecord, secondsPerEpoch } from "./read_run.ts";

/** Figures side by side, with what saves them. */
export function figures(list: readonly Figure[]): Html {
  const one = ({ name, title, svg, legend }: Figure): Html =>
    html`
      <figure data-name="${name}">
        <figcaption>${title}</figcaption>
        <div class="plot">${raw(svg)}</div>
        <div class="legend">${legend.map((entry) =>
          html`<span><i style="background:${entry.color}"></i>${entry.name}</span>`
        )}</div>
        <div
          class="save">save as <button data-save="svg">SVG</button> <button data-save="png">PNG</button></div>
      </figure>
    `;
  return html`<div class="grid">${list.map(one)}</div>`;
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

/** What each run reached. */
export function summary(runs: readonly RunRecord[]): Html {
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
  return table(["run", "last mIoU %", "last pAcc %", "best mIoU %", "steps", "end"], rows);
}

/** The verdict on each game. */
export function verdicts(runs: readonly RunRecord[]): Html {
  const lines = runs.map(({ name, steps }) => {
    const { state, text } = judgeGame(steps.map(({ logs }) => logs));
    return html`<p class="verdict ${state}"><b>${name}</b>: ${text}.</p>`;
  });
  return html`${lines}`;
}

/** Calibration before and after temperature scaling. */
export function calibration(runs: readonly AnalysedRun[]): Html {
  const rows = runs.map(({ name, analysis: { calibration: before, fitted, temperature } }) => [
    name,
    percent(before.ece),
    before.nll.toFixed(4),
    before.brier.toFixed(4),
    temperature.toFixed(2),
    percent(fitted.ece),
    fitted.nll.toFixed(4),
    fitted.brier.toFixed(4),
    `${before.entropy.all.toFixed(3)} (${before.entropy.right.toFixed(3)} / ${
      before.entropy.wrong.toFixed(3)
    })`,
  ]);
  const head = ["run", "ECE %", "NLL", "Brier", "fitted T", "ECE % at T", "NLL at T", "Brier at T"];
  return html`${table([...head, "entropy, nats (right / wrong)"], rows)}
<p class="note">T is fitted on every other image and judged on the rest. T above 1 means that the
network is too sure of itself.</p>`;
}

/** Pictures, labels and predictions. */
export function pictures(rows: readonly QualitativeRow[], runs: readonly AnalysedRun[]): Html {
  const [first] = runs;
  if (rows.length === 0 || first === undefined) {
    return html`<p class="note">No image was analysed.</p>`;
  }
  const picture = (png: Uint8Array, alt: string): Html =>
    html`<img alt="${alt}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`;
  const body = rows.map(({ id, image, truth, columns }) =>
    html`<tr><td>${picture(image, id)}${id}</td><td>${picture(truth, `truth of ${id}`)}</td>${
      columns.map(({ run, prediction, mIoU }) =>
        html`<td>${picture(prediction, `${run} on ${id}`)}mIoU ${percent(mIoU)} %</td>`
      )
    }</tr>`
  );
  const legend = first.analysis.classes.map(({ name, color }) =>
    html`<span><i style="background:rgb(${color.join(",")})"></i>${name}</span>`
  );
  return html`
    <div class="legend">${legend}</div>
    <div class="wide">
      <table class="pictures">
        <thead>
          <tr>
    <th>image</th><th>truth</th>${columns(runs)}</tr>
        </thead>
        <tbody>${body}</tbody>
      </table>
    </div>
    <p class="note">Images on which the runs differ most come first; ${first.analysis.images} of
    ${first.analysis.of} images were looked at.</p>
  `;
}

function columns(runs: readonly AnalysedRun[]): Html[] {
  return runs.map(({ name }) => html`<th>${name}</th>`);
}

/** What differs between configurations, and one of them whole. */
export function configs(runs: readonly RunRecord[]): Html {
  const keys = configKeys().filter((key) =>
    new Set(runs.map(({ start }) => JSON.stringify(valueOf(start.config, key)))).size > 1
  );
  const rows = keys.map((key) => [
    key,
    ...runs.map(({ start }) => JSON.stringify(valueOf(start.config, key)) ?? "–"),
  ]);
  const differences = keys.length > 0
    ? table(["key", ...runs.map(({ name }) => name)], rows)
    : html`<p class="note">${runs.length > 1 ? "The runs' configurations are equal." : ""}</p>`;
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
  const rows = runs.map((run) => {
    const { start, end, steps } = run;
    const epoch = secondsPerEpoch(run);
    const waiting = steps.reduce((sum, { dataShare }) => sum + dataShare, 0) / (steps.length || 1);
    return [
      run.name,
      `${start.backend}, ${start.device}`,
      `${count(start.parameters.generator)} + ${count(start.parameters.discriminator)}`,
      epoch === null ? "–" : epoch.toPrecision(3),
      end === null ? "–" : end.seconds.toFixed(1),
      percent(waiting),
      end === null ? "–" : (end.memory.peakBytes / 2 ** 20).toFixed(1),
      new Date(start.time).toISOString().slice(0, 16).replace("T", " "),
    ];
  });
  const head = ["run", "device", "parameters of G + D", "s per epoch", "s in all", "% waiting"];
  return table([...head, "peak MiB of tensors", "begun (UTC)"], rows);
}

/** Warnings of all runs. */
export function warnings(runs: readonly RunRecord[]): Html {
  const lines = runs.flatMap(({ name, warnings: said }) =>
    said.map(({ step, message }) => html`<li><b>${name}</b>, step ${step}: ${message}</li>`)
  );
  return lines.length === 0 ? html`<p class="note">None.</p>` : html`<ul>${lines}</ul>`;
}

function valueOf(config: Config, key: string): unknown {
  let value: unknown = config;
  for (const name of key.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
  return value;
}

function percent(fraction: number | undefined): string {
  return fraction === undefined ? "–" : (fraction * 100).toFixed(2);
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
