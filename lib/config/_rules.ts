import type { Config } from "./config.ts";

/** A fault of several fields together. */
export interface RuleIssue {
  key: string;
  message: string;
}

/** Faults of fields that are each right by themselves; names are looked at elsewhere. */
export function* brokenRules(config: Config): Generator<RuleIssue> {
  yield* temperatureRule(config);
  yield* zoomRule(config);
  yield* meanRule(config);
  yield* letterboxRule(config);
}

function* temperatureRule({ adversarial }: Config): Generator<RuleIssue> {
  const { mode } = adversarial;
  if (mode === "temperature") return;
  for (const name of ["tg", "td"] as const) {
    if (adversarial[name] === 1) continue;
    yield {
      key: `adversarial.${name}`,
      message: `expected 1 as adversarial.mode is ${mode}, got ${adversarial[name]}; ` +
        "set adversarial.mode to temperature to use it",
    };
  }
}

function* zoomRule({ data: { augment: { zoom: [min, max] } } }: Config): Generator<RuleIssue> {
  if (min <= max) return;
  yield {
    key: "data.augment.zoom",
    message: `expected [min, max] with min at most max, got [${min}, ${max}]`,
  };
}

function* meanRule({ data: { normalize } }: Config): Generator<RuleIssue> {
  const outside = normalize.mean.find((value) => value < 0 || value > 255);
  if (outside === undefined) return;
  yield {
    key: "data.normalize.mean",
    message: `expected values on the 0..255 scale, got ${outside}`,
  };
}

function* letterboxRule({ validation: { fit, resize } }: Config): Generator<RuleIssue> {
  if (fit !== "letterbox" || resize !== null) return;
  yield {
    key: "validation.fit",
    message: "expected stretch as validation.resize is null, got letterbox; set " +
      "validation.resize to the size to fill",
  };
}
