import { Buffer } from "node:buffer";
import { percent } from "../util/format.ts";
import { type Html, html } from "./html.ts";
import type { AnalysedRun, QualitativeRow } from "./qualitative_grid.ts";
import { note, table } from "./sections.ts";
import { IGNORED } from "./qualitative_grid.ts";

/** Calibration before and after temperature scaling, with what it means. */
export function calibration(runs: readonly AnalysedRun[]): Html {
  const rows = runs.map(({ name, analysis: { calibration: before, fitted, temperature } }) => {
    const { all, correct, wrong } = before.entropy;
    return [
      name,
      percent(before.ece),
      before.nll.toFixed(4),
      before.brier.toFixed(4),
      temperature.toFixed(2),
      percent(fitted.ece),
      fitted.nll.toFixed(4),
      fitted.brier.toFixed(4),
      `${all.toFixed(3)} (${correct.toFixed(3)} / ${wrong.toFixed(3)})`,
    ];
  });
  const head = ["run", "ECE %", "NLL", "Brier", "fitted T", "ECE % at T", "NLL at T", "Brier at T"];
  return html`
    ${runs.map(stateOf)}
    ${table([...head, "entropy, nats (correct / wrong)"], rows)}
    ${note(
      "T is fitted on every other image and measured on the rest, with the weights of the best validation.",
    )}
  `;
}

/** Whether a network is over- or underconfident, by the temperature that corrects it. */
function stateOf(
  { name, analysis: { temperature, calibration: before, fitted } }: AnalysedRun,
): Html {
  const off = `off by ${percent(before.ece)} points on average`;
  const gain = `dividing its logits by ${temperature.toFixed(2)} makes that ${percent(fitted.ece)}`;
  const [state, text] = temperature > 1.1
    ? ["bad", `overconfident: its confidence is ${off}; ${gain}`]
    : temperature < 0.9
    ? ["bad", `underconfident: its confidence is ${off}; ${gain}`]
    : ["ok", `well calibrated: its confidence is ${off}`];
  return html`<p class="state ${state}"><b>${name}</b> is ${text}.</p>`;
}

/** Pictures, labels and predictions. */
export function pictures(rows: readonly QualitativeRow[], runs: readonly AnalysedRun[]): Html {
  const [first] = runs;
  if (rows.length === 0 || first === undefined) return note("No image was analysed.");
  const picture = (png: Uint8Array, alt: string): Html =>
    html`<img alt="${alt}" src="data:image/png;base64,${Buffer.from(png).toString("base64")}">`;
  const body = rows.map(({ id, image, truth, columns }) =>
    html`<tr><td>${picture(image, id)}${id}</td><td>${picture(truth, `truth of ${id}`)}</td>${
      columns.map(({ run, prediction, mIoU }) =>
        html`<td>${picture(prediction, `${run} on ${id}`)}mIoU ${percent(mIoU)} %</td>`
      )
    }</tr>`
  );
  const colors = [...first.analysis.classes, { name: "ignored", color: IGNORED }];
  const legend = colors.map(({ name, color }) =>
    html`<span><i style="background:rgb(${color.join(",")})"></i>${name}</span>`
  );
  return html`
    <div class="legend names">${legend}</div>
    <div class="wide">
      <table class="pictures">
        <thead>
          <tr>
    <th>image</th><th>truth</th>${runs.map(({ name }) => html`<th>${name}</th>`)}</tr>
        </thead>
        <tbody>${body}</tbody>
      </table>
    </div>
    ${note(
      `Images on which the runs differ most come first; ${first.analysis.images} of ` +
        `${first.analysis.of} images were analysed. The mIoU is that of the image alone.`,
    )}
  `;
}
