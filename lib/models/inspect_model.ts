/**
 * The layers of a network and the number of its weights, without building it.
 *
 * @module
 */
import type { Size } from "../util/schema.ts";
import { buildScales } from "./discriminators/build_scales.ts";
import { discriminators, parseDiscriminator } from "./discriminators/registry.ts";
import { backboneStage, type Freeze, isFrozen } from "./frozen_layers.ts";
import type { LayerBuilder } from "./builders/layer_builder.ts";
import { type NetworkInput, networks, parseArchitecture } from "./networks/registry.ts";
import type { ArchitectureOptions } from "./segmentation_model.ts";
import { shapeBuilder } from "./builders/shape_builder.ts";
import type { LayerInfo, Shape } from "./builders/shape_table.ts";

export type { LayerInfo, WeightInfo } from "./builders/shape_table.ts";

/** The table of a network's layers and its size. */
export interface ModelReport {
  name: string;
  classes: number;
  /** Height and width of the input that `layers` shows. */
  input: Size;
  /** All layers in the order of a forward pass. */
  layers: LayerInfo[];
  /** Numbers of weights: `total` counts moving statistics as Keras does; constants never count. */
  parameters: { total: number; trainable: number };
  /** Layers of the backbone with their stages, from 1; the others are the head's. Empty for a D. */
  backbone: Readonly<Record<string, number>>;
  /** Layers that keep their weights (`model.freeze`). */
  frozen: string[];
}

/** Options of {@linkcode inspectModel}. */
export interface InspectOptions {
  classes: number;
  /** Height and width of the input in pixels. @default [416, 416] */
  input?: Size;
}

/**
 * Lists the layers of a segmentation network or a discriminator and counts its weights, without
 * allocating a tensor.
 *
 * @param config Name and options of the network; what is left out takes the network's defaults.
 * @throws {RangeError} If no network has the name, an option is unknown or out of range, or the input
 * is not a multiple of the network's stride.
 *
 * @example
 * ```ts
 * import { inspectModel } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * const { parameters } = inspectModel({ name: "fcn8s-vgg16" }, { classes: 21 });
 * assert.equal(parameters.total, 134_475_647);
 * ```
 */
export function inspectModel(config: NetworkInput, options: InspectOptions): ModelReport {
  const { input: size = [416, 416], classes } = options;
  const { name } = config;
  const { builder, rows } = shapeBuilder({ height: size[0], width: size[1] });
  if (discriminators.has(name)) {
    buildScales(discriminators.get(name), builder, parseDiscriminator({ ...config, classes }));
    return {
      name,
      classes,
      input: size,
      layers: rows,
      parameters: count(rows),
      backbone: {},
      frozen: [],
    };
  }
  buildShapes(builder, { architecture: parseArchitecture({ ...config, classes }), size });
  const { freeze = "none" } = config as { freeze?: Freeze };
  const entry = networks.get(name);
  const names = rows.map((row) => row.name);
  const frozen = names.filter((layer) => isFrozen(entry, layer, freeze));
  const layers = rows.map((row) =>
    frozen.includes(row.name)
      ? { ...row, weights: row.weights.map((weight) => ({ ...weight, trainable: false })) }
      : row
  );
  const backbone = names.flatMap((layer) => {
    const stage = backboneStage(entry, layer);
    return stage === null ? [] : [[layer, stage] as const];
  });
  return {
    name,
    classes,
    input: size,
    layers,
    parameters: count(layers),
    backbone: Object.fromEntries(backbone),
    frozen,
  };
}

/** A large tensor of a training step. */
export interface TensorInfo {
  /** Layer and, for a weight, its name. */
  name: string;
  shape: number[];
  bytes: number;
}

/**
 * The largest tensor that a training step holds in one piece: an activation of the batch, a class
 * map at the input's size, or a weight. Adapters limit the bytes of one binding: compare it with
 * `maxStorageBufferBindingSize`.
 *
 * @param report At the input size of the step.
 *
 * @example
 * ```ts
 * import { inspectModel, largestTensor } from "@segadv/segadv/models";
 * import assert from "node:assert/strict";
 *
 * const report = inspectModel({ name: "fcn8s-vgg16" }, { classes: 21, input: [416, 416] });
 * const { name, bytes } = largestTensor(report, { batch: 16 });
 * assert.equal(name, "block1_conv1");
 * assert.equal(bytes, 4 * 16 * 416 * 416 * 64);
 * ```
 */
export function largestTensor(report: ModelReport, options: { batch: number }): TensorInfo {
  const { batch } = options;
  const tensor = (name: string, shape: number[]): TensorInfo => ({
    name,
    shape,
    bytes: 4 * shape.reduce((product, length) => product * length, 1),
  });
  const tensors = [tensor("class map", [batch, ...report.input, report.classes])];
  for (const layer of report.layers) {
    tensors.push(tensor(layer.name, [batch, ...layer.output]));
    for (const weight of layer.weights) tensors.push(tensor(weight.name, weight.shape));
  }
  return tensors.reduce((largest, one) => one.bytes > largest.bytes ? one : largest);
}

function buildShapes(
  builder: LayerBuilder<Shape>,
  network: { architecture: ArchitectureOptions; size: Size },
): void {
  const { architecture, size } = network;
  const entry = networks.get(architecture.name);
  if (size.some((length) => length % entry.inputMultiple !== 0)) {
    throw new RangeError(
      `Cannot run ${architecture.name} on ${
        size.join("×")
      }: height and width must be multiples of ` +
        `${entry.inputMultiple}`,
    );
  }
  entry.build(builder, architecture);
}

function count(rows: LayerInfo[]): ModelReport["parameters"] {
  let total = 0;
  let trainable = 0;
  for (const weight of rows.flatMap((row) => row.weights)) {
    const size = weight.shape.reduce((product, length) => product * length, 1);
    total += size;
    if (weight.trainable) trainable += size;
  }
  return { total, trainable };
}
