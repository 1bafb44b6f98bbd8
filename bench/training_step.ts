import { type Config, loadConfig, tf } from "@segadv/segadv";
import type { Precision } from "@segadv/segadv/engine";
import { createNetworks, disposeNetworks, trainStep } from "@segadv/segadv/train";
import { batchNormTraining, movingAverage } from "../lib/engine/ops/batch_norm.ts";
import { conv2d } from "../lib/engine/ops/conv2d.ts";
import { sgdUpdate } from "../lib/engine/ops/optimizer_updates.ts";
import { record } from "../lib/engine/tape.ts";
import { assemble, tfjsBuilder } from "../lib/models/builders/tfjs_builder.ts";
import { buildNetwork } from "../lib/models/build_model.ts";
import { Operation } from "../lib/models/builders/operation.ts";
import { networks, parseArchitecture } from "../lib/models/networks/registry.ts";

/** A training step to be counted or timed; its networks exist from the start. */
export interface Step {
  run(): void;
  dispose(): void;
}

/** A step of a loop that may show the loss. */
export interface StockStep extends Step {
  runAndRead(): Promise<void>;
}

/** What a step works on. */
export interface StepOptions {
  network: string;
  /** Whether there is a discriminator. */
  adversarial: boolean;
  width: number;
  size: number;
  batch: number;
  /** @default 21 */
  classes?: number;
  /**
   * Whether weights and pictures are random: zeros are quicker to make, and to compute on a GPU.
   * @default false
   */
  random?: boolean;
  /** @default "f32" */
  precision?: Precision;
}

/** The toolkit's own training step. */
export async function ownStep(options: StepOptions): Promise<Step> {
  const { classes = 21 } = options;
  const config = await configOf(options);
  const architecture = parseArchitecture({ ...config.model, classes });
  const networks = createNetworks(config, {
    classes,
    ...(options.random
      ? {}
      : { model: buildNetwork(architecture, ({ shape }) => tf.zeros(shape)) }),
  });
  const { images, labels, valid } = batchOf(options);
  return {
    run() {
      const rates = { segmentation: 1e-3, discriminator: 1e-5 };
      const batch = { images, labels, valid };
      tf.dispose(trainStep(networks, batch, { ...config.train, rates }));
    },
    dispose() {
      disposeNetworks(networks, { keepModel: false });
      tf.dispose([images, labels]);
    },
  };
}

/**
 * The baseline step as one writes it with stock TensorFlow.js: stock layers, stock losses, global
 * tape, stock momentum optimiser.
 */
export async function stockStep(options: StepOptions): Promise<StockStep> {
  const { classes = 21 } = options;
  const architecture = parseArchitecture({ ...(await configOf(options)).model, classes });
  const builder = tfjsBuilder(({ shape }) => tf.zeros(shape));
  const layers = assemble({
    name: "stock",
    builder: {
      ...builder,
      upsample: (x, { name, factor }) =>
        new Operation({
          name,
          run: (t) => resize(t, { height: t.shape[1] * factor, width: t.shape[2] * factor }),
          outputShape: ([b, h, w, c]) => [b!, h ? h * factor : null, w ? w * factor : null, c!],
        }).apply(x) as tf.SymbolicTensor,
    },
  }, (builder) => networks.get(architecture.name).build(builder, architecture));
  const optimizer = tf.train.momentum(1e-3, 0.9);
  const { images, labels } = batchOf(options);
  const whole = { height: options.size, width: options.size };
  const minimize = (returnCost: boolean): tf.Scalar | null =>
    optimizer.minimize(() => {
      const logits = layers.apply(images, { training: true }) as tf.Tensor4D;
      const truth = tf.oneHot(labels as unknown as tf.Tensor1D, classes);
      if (architecture.upsampleOrder === "logits") {
        return tf.losses.softmaxCrossEntropy(truth, logits) as tf.Scalar;
      }
      const p = resize(tf.softmax(logits) as tf.Tensor4D, whole);
      return tf.neg(tf.mean(tf.sum(tf.mul(truth, tf.log(tf.add(p, 1e-7))), -1)));
    }, returnCost);
  return {
    run: () => void minimize(false),
    async runAndRead() {
      const loss = minimize(true)!;
      await loss.data();
      loss.dispose();
    },
    dispose() {
      layers.dispose();
      optimizer.dispose();
      tf.dispose([images, labels]);
    },
  };
}

/** One ResNet bottleneck with MSE and momentum, 1×1 – 3×3 – 1×1 on [2, 16, 16, 256]. */
export function bottleneckStep(kind: "own" | "stock"): Step {
  const shapes = [[1, 1, 256, 64], [3, 3, 64, 64], [1, 1, 64, 256]];
  const weights = shapes.flatMap((shape) => [
    tf.variable(tf.zeros(shape)),
    ...[0, 0, 1].map((v) => tf.variable(tf.fill([shape[3]!], v))), // bias, beta, gamma
  ]);
  const moving = shapes.map(([, , , c]) => [0, 1].map(() => tf.variable(tf.zeros([c!]), false)));
  const x = tf.zeros([2, 16, 16, 256]) as tf.Tensor4D;
  const target = tf.zerosLike(x);
  const run = kind === "own" ? ownBottleneck : stockBottleneck;
  const velocities = weights.map((w) => tf.variable(tf.zerosLike(w), false));
  const optimizer = tf.train.momentum(1e-3, 0.9);
  return {
    run: () => run({ x, target, weights, moving, velocities, optimizer }),
    dispose() {
      tf.dispose([...weights, ...moving.flat(), ...velocities, x, target]);
      optimizer.dispose();
    },
  };
}

interface Bottleneck {
  x: tf.Tensor4D;
  target: tf.Tensor4D;
  weights: tf.Variable[];
  moving: tf.Variable[][];
  velocities: tf.Variable[];
  optimizer: tf.Optimizer;
}

function ownBottleneck({ x, target, weights, moving, velocities }: Bottleneck): void {
  const forward = record(() => {
    let y = x;
    moving.forEach((statistics, i) => {
      const [filter, bias, beta, gamma] = weights.slice(4 * i) as unknown as [
        tf.Tensor4D,
        tf.Tensor1D,
        tf.Tensor1D,
        tf.Tensor1D,
      ];
      const z = conv2d({ x: y, filter, bias }, { stride: 1, padding: "same", relu: false });
      const options = { eps: 1e-5, relu: i < 2 };
      const [normal, ...batch] = batchNormTraining({ x: z, gamma, beta }, options);
      batch.forEach((b, j) =>
        movingAverage({ moving: statistics[j]!, batch: b }, { momentum: 0.9 })
      );
      y = normal;
    });
    return tf.mean(tf.squaredDifference(tf.relu(tf.add(y, x)), target));
  });
  const one = tf.scalar(1);
  forward.backward(one, weights).forEach((grad, i) => {
    const options = { lr: 1e-3, momentum: 0.9, nesterov: false, l2: 0, decoupled: false };
    sgdUpdate({ weight: weights[i]!, velocity: velocities[i]!, grad: grad! }, options);
    grad!.dispose();
  });
  tf.dispose([one, forward.value]);
}

function stockBottleneck({ x, target, weights, moving, optimizer }: Bottleneck): void {
  optimizer.minimize(() => {
    let y = x;
    moving.forEach((statistics, i) => {
      const [filter, bias, beta, gamma] = weights.slice(4 * i) as unknown as tf.Tensor4D[];
      const z = tf.add(tf.conv2d(y, filter!, 1, "same"), bias!) as tf.Tensor4D;
      const { mean, variance } = tf.moments(z, [0, 1, 2]);
      [mean, variance].forEach((b, j) => {
        const old = statistics[j]!;
        old.assign(tf.add(old, tf.mul(tf.sub(b, old), 0.1)));
      });
      type Channel = tf.Tensor1D;
      const [m, v] = [mean as Channel, variance as Channel];
      y = tf.batchNorm4d(z, m, v, beta as unknown as Channel, gamma as unknown as Channel, 1e-5);
      if (i < 2) y = tf.relu(y);
    });
    return tf.mean(tf.squaredDifference(tf.relu(tf.add(y, x)), target));
  });
}

function resize(x: tf.Tensor4D, { height, width }: { height: number; width: number }): tf.Tensor4D {
  return tf.image.resizeBilinear(x, [height, width], false, true);
}

function batchOf({ batch, size, classes = 21, random = false }: StepOptions): {
  images: tf.Tensor4D;
  labels: tf.Tensor3D;
  valid: number;
} {
  const maps: [number, number, number] = [batch, size, size];
  const pictures: [...typeof maps, number] = [...maps, 3];
  const images = (random ? tf.randomNormal(pictures) : tf.zeros(pictures)) as tf.Tensor4D;
  const labels =
    (random ? tf.randomUniform(maps, 0, classes, "int32") : tf.zeros(maps, "int32")) as tf.Tensor3D;
  return { images, labels, valid: batch * size * size };
}

/** Names a network; an FCN as from a random start, and without dropout, whose masks the host draws. */
export function networkOverrides(network: string): string[] {
  const own = /^fcn\d/.test(network) ? ["model.dropout=0", "model.skipScales=[1,1]"] : [];
  return [`model.name=${network}`, ...own];
}

function configOf(
  { network, adversarial, width, precision = "f32" }: StepOptions,
): Promise<Config> {
  const overrides = [
    ...networkOverrides(network),
    `model.width=${width}`,
    `adversarial.enabled=${adversarial}`,
    `adversarial.discriminator.width=${width}`,
    `train.precision=${precision}`,
  ];
  return loadConfig({ preset: "fixtures", overrides });
}
