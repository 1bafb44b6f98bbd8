import * as tf from "@tensorflow/tfjs";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { defaultConfig } from "../lib/config/mod.ts";
import { configSchema } from "../lib/config/schema.ts";
import { record } from "../lib/engine/tape.ts";
import { discriminatorLoss } from "../lib/losses/adversarial/discriminator_losses.ts";
import { discriminatorLogits } from "../lib/models/discriminator.ts";
import { createNetworks, disposeNetworks } from "../lib/train/step/networks.ts";
import { trainStep } from "../lib/train/step/train_step.ts";
import { type Timed, timeInterleaved } from "./interleaved.ts";
import type { Row } from "./row.ts";

const SIDE = 128;
const BATCH = 4;
const CLASSES = 21;
/** Debian's interpreter: python3-torch is installed for that one. */
const PYTHON = "/usr/bin/python3";

/** The networks of the rows `step-*` and their widths. */
const NETWORKS = {
  "fcn8s-vgg16": 0.5,
  resnet50: 0.5,
  discriminator: 1,
  unet: 1,
  "unet-resnet18": 1,
  "unet-resnet34": 1,
  "unet-resnet50": 1,
  "fcn-resnet50": 1,
  "deeplabv3-resnet50": 1,
  "segformer-b0": 1,
  "segformer-b1": 1,
  "fast-scnn": 1,
  "unet-mobilenetv2": 1,
  "deeplabv3plus-mobilenetv2": 1,
  "deeplabv3-mobilenetv3": 1,
  "lraspp-mobilenetv3-large": 1,
  "lraspp-mobilenetv3-small": 1,
  "deeplabv3plus-resnet18": 1,
  "deeplabv3plus-resnet50": 1,
} as const;
type Network = keyof typeof NETWORKS;

/** Names of the rows. */
export const STEP_ROWS: string[] = Object.keys(NETWORKS).map((name) => rowOf(name as Network));

function rowOf(network: Network): string {
  return `step-${network === "fcn8s-vgg16" ? "fcn8s" : network}/pytorch`;
}

/** Why there is nothing to compare with, or `null`. */
export function missingTorch(): string | null {
  const { status } = spawnSync(PYTHON, ["-c", "import torch"], { stdio: "ignore" });
  return status === 0 ? null : "PyTorch is not installed (Debian: apt-get install python3-torch)";
}

/** The rows `step-NETWORK/pytorch` whose names begin with `prefix`. */
export async function stepRows(threads: number, prefix = ""): Promise<Row[]> {
  const rows: Row[] = [];
  for (const network of Object.keys(NETWORKS) as Network[]) {
    const name = rowOf(network);
    if (!name.startsWith(prefix)) continue;
    const torch = startTorch(network, threads);
    const own = network === "discriminator" ? discriminatorStep() : networkStep(network);
    try {
      rows.push(await timeInterleaved(name, { value: own.run, baseline: torch.run }));
    } finally {
      own.dispose();
      await torch.stop();
    }
  }
  return rows;
}

function startTorch(network: Network, threads: number): { run: Timed; stop(): Promise<void> } {
  const program = fileURLToPath(new URL("./pytorch_step.py", import.meta.url));
  const args = [program, network, NETWORKS[network], SIDE, BATCH, threads].map(String);
  const child: ChildProcess = spawn(PYTHON, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  return {
    run: async () => {
      child.stdin!.write("\n");
      const { value, done } = await lines.next();
      if (done) throw new Error(`pytorch_step.py ended while it timed ${network}`);
      return Number(value);
    },
    stop: async () => {
      const ended = once(child, "close");
      child.stdin!.end();
      await ended;
    },
  };
}

/** A step whose result is there when it ends. */
interface Step {
  run: Timed;
  dispose(): void;
}

function networkStep(name: Exclude<Network, "discriminator">): Step {
  const config = configSchema().parse({
    model: { name, width: NETWORKS[name] },
    adversarial: { enabled: false },
  });
  const networks = createNetworks(config, { classes: CLASSES });
  const images = tf.randomNormal<tf.Rank.R4>([BATCH, SIDE, SIDE, 3]);
  const labels = tf.randomUniform<tf.Rank.R3>([BATCH, SIDE, SIDE], 0, CLASSES, "int32");
  const batch = { images, labels, valid: BATCH * SIDE * SIDE };
  return {
    run: async () => {
      const start = performance.now();
      const losses = trainStep(networks, batch, {
        rates: { segmentation: 1e-3, discriminator: 1e-5 },
      });
      await losses["loss/seg"]!.data();
      tf.dispose(losses);
      return performance.now() - start;
    },
    dispose: () => {
      disposeNetworks(networks, { keepModel: false });
      tf.dispose([images, labels]);
    },
  };
}

function discriminatorStep(): Step {
  const config = defaultConfig();
  // G is only there because D comes with it; the smallest will do.
  Object.assign(config.model, { name: "fcn8s-vgg16", width: 1 / 32 });
  config.adversarial.discriminator.width = NETWORKS.discriminator;
  const networks = createNetworks(config, { classes: CLASSES });
  const { model: discriminator, loss, parameters, optimizer } = networks.discriminator!;
  const maps = [0, 1].map(() => tf.randomUniform<tf.Rank.R4>([BATCH, SIDE, SIDE, CLASSES]));
  const [real, fake] = maps as [tf.Tensor4D, tf.Tensor4D];
  const mask = tf.ones<tf.Rank.R4>([BATCH, SIDE, SIDE, 1]);
  const options = { discriminator, loss, config: config.adversarial, mask, valid: mask.size };
  const weights = parameters.map((parameter) => parameter.weight);
  return {
    run: async () => {
      const start = performance.now();
      const update = record(() => {
        const half = (maps: tf.Tensor4D, target: "real" | "fake") => {
          const logits = discriminatorLogits(discriminator, maps, { updateStatistics: true });
          return discriminatorLoss(logits, target, options).loss;
        };
        return tf.add(half(real, "real"), half(fake, "fake"));
      });
      const one = tf.scalar(1);
      optimizer.apply(update.backward(one, weights), { lr: 1e-5 });
      await update.value.data();
      tf.dispose([one, update.value]);
      return performance.now() - start;
    },
    dispose: () => {
      disposeNetworks(networks, { keepModel: false });
      tf.dispose([real, fake, mask]);
    },
  };
}
