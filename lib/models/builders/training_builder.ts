/**
 * The builder that trains: stock layers where they are fast and right, own ones where not.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import { leakyRelu } from "../../engine/ops/leaky_relu.ts";
import { resizeBilinear } from "../../engine/ops/resize_bilinear.ts";
import type { LayerBuilder } from "./layer_builder.ts";
import { BatchNormalization } from "./layers/batch_normalization.ts";
import { Conv2d } from "./layers/conv2d.ts";
import { dropout, type DropoutState } from "./layers/dropout.ts";
import { Operation, type OperationArgs } from "./layers/operation.ts";
import { initializer, tfjsBuilder } from "./tfjs_builder.ts";
import type { WeightSource } from "./weight_source.ts";

/** A builder that builds the network that trains; its dropout layers read `dropoutState`. */
export function trainingBuilder(
  source: WeightSource,
  dropoutState: DropoutState,
): LayerBuilder<tf.SymbolicTensor> {
  return {
    ...tfjsBuilder(source),
    conv(x, options) {
      const { name, filters, kernel, stride = 1, padding = "same" } = options;
      const { relu = false, leak = 0 } = options;
      const init = options.init ?? { kind: "heNormal" };
      const layer = new Conv2d({
        name,
        filters,
        kernel,
        stride,
        padding,
        relu,
        leak,
        kernelInitializer: initializer(source, { name: `${name}/kernel`, init }),
        biasInitializer: initializer(source, { name: `${name}/bias`, init: { kind: "zeros" } }),
      });
      return layer.apply(x) as tf.SymbolicTensor;
    },
    batchNorm(x, { name, momentum, eps, relu, leak = 0 }) {
      const layer = new BatchNormalization({
        name,
        momentum,
        eps,
        relu,
        leak,
        gamma: initializer(source, { name: `${name}/gamma`, init: { kind: "ones" } }),
        beta: initializer(source, { name: `${name}/beta`, init: { kind: "zeros" } }),
        mean: initializer(source, { name: `${name}/moving_mean`, init: { kind: "zeros" } }),
        variance: initializer(source, { name: `${name}/moving_variance`, init: { kind: "ones" } }),
      });
      return layer.apply(x) as tf.SymbolicTensor;
    },
    leakyRelu: (x, { name, alpha }) => operation(x, { name, run: (t) => leakyRelu(t, alpha) }),
    scale: (x, { name, factor }) => operation(x, { name, run: (t) => tf.mul(t, factor) }),
    dropout: (x, { name, rate }) =>
      operation(x, {
        name,
        run: (t, { training }) =>
          training ? dropout(t, { ...dropoutState, rate, layer: name }) : t.clone(),
      }),
    upsample: (x, { name, factor }) =>
      operation(x, {
        name,
        run: (t) => resizeBilinear(t, { height: t.shape[1] * factor, width: t.shape[2] * factor }),
        outputShape: ([b, h, w, c]) => [b!, times(h, factor), times(w, factor), c!],
      }),
  };
}

function operation(x: tf.SymbolicTensor, args: OperationArgs): tf.SymbolicTensor {
  return new Operation(args).apply(x) as tf.SymbolicTensor;
}

/** A length that may be unknown (null), times a factor. */
function times(length: number | null | undefined, factor: number): number | null {
  return length == null ? null : length * factor;
}
