/** What bad input gets with a network of each family: one line, before training. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inspectModel } from "../../lib/models/inspect_model.ts";
import { networks } from "../../lib/models/networks/registry.ts";
import { train } from "../../lib/train/run/train.ts";
import { writeSafetensors } from "../../lib/weights/formats/write_safetensors.ts";
import { config } from "../support/config.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** A network of each family, an option of another that it does not take, and its own. */
const FAMILIES: readonly [name: string, foreign: string, own: RegExp][] = [
  ["unet", "dropPath=0.1", /unet takes bnMomentum; it is one of /],
  ["fcn8s-vgg16", "auxHead=true", /fcn8s-vgg16 takes skipScales, padding, dropout; it is one of /],
  ["resnet50", "dropout=0.5", /resnet50 takes variant, stemPool, bnMomentum; it is one of /],
  ["fast-scnn", "stemPool=same", /fast-scnn takes .*dropout; it is one of /],
  ["unet-resnet18", "auxHead=true", /unet-resnet18 takes .*bnMomentum/],
  ["unet-mobilenetv2", "alignCorners=true", /unet-mobilenetv2 takes .*stridePadding/],
  ["fcn-resnet50", "alignCorners=true", /fcn-resnet50 takes .*auxHead/],
  ["deeplabv3-mobilenetv3", "skipScales=[1,1]", /deeplabv3-mobilenetv3 takes .*auxHead/],
  ["deeplabv3plus-mobilenetv2", "auxHead=true", /deeplabv3plus-mobilenetv2 takes .*alignCorners/],
  ["lraspp-mobilenetv3-large", "dropout=0.5", /lraspp-mobilenetv3-large takes .*bnMomentum/],
  ["segformer-b0", "bnMomentum=0.9", /segformer-b0 takes dropPath, dropout; it is one of /],
];

/** A file of tensors that no network has. */
async function foreignFile(): Promise<string> {
  const path = join(temporaryFolder(), "foreign.safetensors");
  const tensors = ["block7.attention.weight", "block7.attention.bias"].map((name) => {
    return { name, dtype: "F32" as const, shape: [2], read: () => new Float32Array(2) };
  });
  await writeSafetensors(path, tensors);
  return path;
}

async function messageOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    const { message } = error as Error;
    assert.doesNotMatch(message, /\n/);
    return message;
  }
  return "";
}

describe("train()", () => {
  for (const [name, foreign, own] of FAMILIES) {
    const given = (...overrides: string[]) => config(`model.name=${name}`, ...overrides);
    const multiple = networks.get(name).inputMultiple;

    test(`train() refuses options of ${name} that it does not take`, async () => {
      assert.match(await messageOf(() => given("model.frob=1")), /model\.frob: unknown key/);
      assert.match(await messageOf(() => given(`model.${foreign}`)), own);
    });

    test(`train() refuses sizes that ${name} cannot take`, async () => {
      const sides = [multiple / 2, multiple + 1];
      for (const key of ["data.crop", "inference.resize"]) {
        for (const side of sides) {
          assert.match(
            await messageOf(() => given(`${key}=[${side},${multiple}]`)),
            new RegExp(
              `${key}: expected multiples of ${multiple}, as ${name} needs them, got ` +
                `\\[${side}, ${multiple}\\]; the nearest are \\[${multiple}, ${multiple}\\]$`,
            ),
          );
        }
      }
      assert.match(
        await messageOf(() => inspectModel({ name }, { classes: 3, input: [sides[0]!, multiple] })),
        new RegExp(`Cannot run ${name} on .*must be multiples of ${multiple}`),
      );
    });

    test(`train() refuses to start ${name} from weights of another architecture`, async () => {
      const path = await foreignFile();
      const small = ["data.crop=[64,64]", "data.batch=2", "train.maxSteps=1"];
      const wanted = await given(`model.init=${path}`, ...small);
      assert.match(
        await messageOf(() => train(wanted)),
        /^Cannot start \S+ from \S+foreign\.safetensors: none of its .*is it another architecture\?$/,
      );
    });
  }
});
