import * as tf from "@tensorflow/tfjs";
import { isAllFinite } from "../../models/non_finite.ts";
import type { Optimizer } from "../../optim/optimizer.ts";
import type { Networks } from "../step/networks.ts";

/** A tensor of a run's state: how to look at it and how to replace it. */
export interface StateTensor {
  name: string;
  shape: number[];
  /** The tensor itself, not a copy. */
  value(): tf.Tensor;
  /** Copies values over; the given tensor stays the caller's and must share its memory with none. */
  assign(values: tf.Tensor): void;
}

/**
 * Every tensor that the next step depends on: all weights of G and D, moving statistics included,
 * both optimisers' states, the loss scale of mixed precision, the average of G's weights, and D's first weights, from which `d/drift` is measured.
 */
export function stateTensors(
  networks: Networks,
): StateTensor[] {
  const { segmentation, discriminator, lossScale, average } = networks;
  return [
    ...weightsOf("segmentation", segmentation.model.layers),
    ...variablesOf("segmentation.optimizer", segmentation.optimizer.state),
    ...(lossScale == null ? [] : variablesOf("segmentation.lossScale", lossScale.state)),
    ...(average == null ? [] : variablesOf("segmentation.average", average.state)),
    ...(discriminator === null ? [] : weightsOf("discriminator", discriminator.model.layers)),
    ...(discriminator === null ? [] : optimizerOf(discriminator)),
  ];
}

function optimizerOf({ optimizer }: { optimizer: Optimizer }): StateTensor[] {
  return variablesOf("discriminator.optimizer", optimizer.state);
}

function weightsOf(prefix: string, model: tf.LayersModel): StateTensor[] {
  return model.weights.map((weight) => ({
    name: `${prefix}/${weight.originalName}`,
    shape: weight.shape as number[],
    value: () => weight.read(),
    assign: (values) => weight.write(values),
  }));
}

/** Variables of a run's state, under `prefix/name`. */
export function variablesOf(
  prefix: string,
  variables: ReadonlyMap<string, tf.Variable>,
): StateTensor[] {
  return [...variables].map(([name, variable]) => ({
    name: `${prefix}/${name}`,
    shape: variable.shape,
    value: () => variable,
    assign: (values) => void variable.assign(values),
  }));
}

/** Name of the first tensor with a value that is NaN or infinite; `null` where there is none. */
export async function firstNonFinite(tensors: readonly StateTensor[]): Promise<string | null> {
  if (tensors.length === 0) return null;
  const sums = tf.tidy(() => tf.stack(tensors.map(({ value }) => tf.sum(value()))));
  const values = await sums.data().finally(() => sums.dispose());
  for (const [i, { name, value }] of tensors.entries()) {
    // A sum of finite values may overflow
    if (!Number.isFinite(values[i]!) && !isAllFinite(await value().data())) return name;
  }
  return null;
}
