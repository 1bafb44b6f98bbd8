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
  yield* accumulateRule(config);
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

function* accumulateRule(config: Config): Generator<RuleIssue> {
  const { data: { batch }, train: { gradientAccumulation }, adversarial, discriminator } = config;
  const key = "train.gradientAccumulation";
  if (batch % gradientAccumulation !== 0) {
    yield {
      key,
      message: `expected a divisor of data.batch, which is ${batch}, got ${gradientAccumulation}`,
    };
  }
  if (gradientAccumulation === 1 || adversarial.mode === "baseline") return;
  if (adversarial.lgTiming === "after") {
    yield {
      key,
      message:
        `expected 1 as adversarial.lgTiming is after, got ${gradientAccumulation}: the update of D ` +
        "needs all parts before the first gradient of G; set adversarial.lgTiming to before",
    };
  }
  if (discriminator.steps > 1) {
    yield {
      key,
      message:
        `expected 1 as discriminator.steps is ${discriminator.steps}, got ${gradientAccumulation}: ` +
        "the second update of D needs all parts again; set discriminator.steps to 1",
    };
  }
}

function* letterboxRule({ validation: { fit, resize } }: Config): Generator<RuleIssue> {
  if (fit !== "letterbox" || resize !== null) return;
  yield {
    key: "validation.fit",
    message: "expected stretch as validation.resize is null, got letterbox; set " +
      "validation.resize to the size to fill",
  };
}
