import { datasetReaders } from "../data/registry.ts";
import { adversarialLosses } from "../losses/adversarial/registry.ts";
import { modelRegistry } from "../models/registry.ts";
import type { Config } from "./config.ts";
import { unknownName } from "../util/describe_issue.ts";
import type { RuleIssue } from "./rules.ts";

/** Faults of names that no registry knows, and of fields that do not suit what they name. */
export function* brokenNames(config: Config): Generator<RuleIssue> {
  yield* datasetNames(config);
  yield* networkNames(config);
  yield* gameNames(config);
}

function* datasetNames({ data }: Config): Generator<RuleIssue> {
  const reader = datasetReaders.find(data.dataset);
  if (reader === undefined) {
    yield unknown("data.dataset", data.dataset, datasetReaders.names);
  } else if (reader.needsDir && data.dir === null) {
    yield {
      key: "data.dir",
      message: `expected the folder of the data set, as the reader ${data.dataset} needs one, ` +
        "got null; set data.dir (--data DIR)",
    };
  } else if (!reader.needsDir && data.dir !== null) {
    yield {
      key: "data.dir",
      message: `expected null, as the reader ${data.dataset} brings its own data, got ` +
        `"${data.dir}"; set data.dataset (--dataset) to the reader of that folder`,
    };
  }
}

function* networkNames({ model, data, validation }: Config): Generator<RuleIssue> {
  const network = modelRegistry.get(model.name);
  if (network === undefined) {
    yield unknown("model.name", model.name, modelRegistry.keys());
    return;
  }
  const multiple = network.inputMultiple;
  const sizes = { "data.crop": data.crop, "validation.resize": validation.resize };
  for (const [key, size] of Object.entries(sizes)) {
    if (size === null || size.every((side) => side % multiple === 0)) continue;
    const near = size.map((side) => Math.max(multiple, Math.round(side / multiple) * multiple));
    yield {
      key,
      message: `expected multiples of ${multiple}, as ${model.name} needs them, ` +
        `got [${size.join(", ")}]; the nearest are [${near.join(", ")}]`,
    };
  }
}

function* gameNames({ adversarial }: Config): Generator<RuleIssue> {
  const game = adversarialLosses.get(adversarial.game);
  if (game === undefined) {
    yield unknown("adversarial.game", adversarial.game, adversarialLosses.keys());
  } else if (adversarial.validMask === "output" && !game.readsOutput) {
    yield {
      key: "adversarial.validMask",
      message: `expected error, as the game ${adversarial.game} reads D's logits and not its ` +
        "output, got output",
    };
  }
}

function unknown(key: string, name: string, known: Iterable<string>): RuleIssue {
  return { key, message: unknownName(name, known) };
}
