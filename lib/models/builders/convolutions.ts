/**
 * Convolutions, plain and transposed, in the three builders.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";
import type { LayerOptions, WeightInit } from "./layer_options.ts";
import { Conv2d } from "./layers.ts";
import {
  followingRelu,
  type Shape,
  type ShapeTable,
  type WeightInfo,
  windowed,
} from "./shape_table.ts";
import { initializer, type WeightSource } from "./weight_source.ts";

/** Options of a convolution. */
export interface ConvOptions extends LayerOptions {
  filters: number;
  /** Side of the square kernel. */
  kernel: number;
  /** @default 1 */
  stride?: number;
  /**
   * `same` pads as TensorFlow does: the odd pixel goes to the bottom and the right. A number pads
   * that many zeros on all four sides, as PyTorch does.
   *
   * @default "same"
   */
  padding?: "same" | "valid" | number;
  /** Distance of the kernel's taps; above 1 only with stride 1. @default 1 */
  dilation?: number;
  /** Whether a bias is added; a batch norm that follows makes it useless. @default true */
  bias?: boolean;
  /** Whether a ReLU follows. @default false */
  relu?: boolean;
  /** Slope of the ReLU below zero, 0 ≤ leak < 1. @default 0 */
  leak?: number;
  /** Start of the kernel. @default heNormal */
  init?: WeightInit;
  /**
   * Whether the kernel is divided by its largest singular value, which a power iteration follows
   * (networks that train only). @default false
   */
  spectralNorm?: boolean;
}

/** Options of a transposed convolution, `same` padding (output = input · stride). */
export interface ConvTransposeOptions extends LayerOptions {
  filters: number;
  kernel: number;
  stride: number;
  /** @default false */
  bias?: boolean;
  /** Start of the kernel `[k, k, filters, c]`. @default bilinear */
  init?: WeightInit;
}

/** Convolutions over values of type `T`. */
export interface ConvolutionBuilder<T> {
  conv(x: T, options: ConvOptions): T;
  convTranspose(x: T, options: ConvTransposeOptions): T;
}

type Symbolic = tf.SymbolicTensor;

/** The rows of convolutions in the table of layers. */
export function shapeConvolutions(table: ShapeTable): ConvolutionBuilder<Shape> {
  return {
    conv(x, options) {
      const { name, filters, kernel, stride = 1, padding = "same" } = options;
      const { relu, leak, init, bias = true, dilation = 1 } = options;
      const size = (kernel - 1) * dilation + 1;
      const output = { ...windowed(x, { size, stride, padding }), channels: filters };
      const kind = `conv ${kernel}×${kernel}${stride > 1 ? ` /${stride}` : ""}` +
        (dilation > 1 ? ` dilation ${dilation}` : "");
      const weights: WeightInfo[] = [
        {
          name: `${name}/kernel`,
          shape: [kernel, kernel, x.channels, filters],
          init: init ?? { kind: "heNormal" },
          trainable: true,
        },
        ...(bias ? [biasInfo(name, filters)] : []),
        ...(options.spectralNorm
          ? singularInfo(name, [filters, kernel * kernel * x.channels])
          : []),
      ];
      return table.record(kind + followingRelu({ relu, leak }), { name, output, weights });
    },
    convTranspose(x, { name, filters, kernel, stride, bias, init }) {
      const output = { height: x.height * stride, width: x.width * stride, channels: filters };
      const shape = [kernel, kernel, filters, x.channels];
      const weights: WeightInfo[] = [
        { name: `${name}/kernel`, shape, init: init ?? { kind: "bilinear" }, trainable: true },
        ...(bias ? [biasInfo(name, filters)] : []),
      ];
      return table.record(`transposed conv ${kernel}×${kernel} ×${stride}`, {
        name,
        output,
        weights,
      });
    },
  };
}

/** Convolutions of plain tfjs layers. */
export function tfjsConvolutions(source: WeightSource): ConvolutionBuilder<Symbolic> {
  const weight = (name: string, init: WeightInit) => initializer(source, { name, init });
  return {
    conv(x, options) {
      const { name, filters, kernel, stride = 1, padding = "same" } = options;
      const { leak = 0, bias = true, dilation = 1 } = options;
      const isLeaky = options.relu === true && leak > 0;
      const layer = tf.layers.conv2d({
        name,
        filters,
        kernelSize: kernel,
        strides: stride,
        padding: typeof padding === "number" ? "valid" : padding,
        dilationRate: dilation,
        activation: options.relu && !isLeaky ? "relu" : "linear",
        useBias: bias,
        kernelInitializer: weight(`${name}/kernel`, options.init ?? { kind: "heNormal" }),
        biasInitializer: weight(`${name}/bias`, { kind: "zeros" }),
      });
      const y = layer.apply(padded(x, { name, padding })) as Symbolic;
      return isLeaky
        ? tf.layers.leakyReLU({ name: `${name}_relu`, alpha: leak }).apply(y) as Symbolic
        : y;
    },
    convTranspose(x, { name, filters, kernel, stride, bias = false, init }) {
      const layer = tf.layers.conv2dTranspose({
        name,
        filters,
        kernelSize: kernel,
        strides: stride,
        padding: "same",
        useBias: bias,
        kernelInitializer: weight(`${name}/kernel`, init ?? { kind: "bilinear" }),
        biasInitializer: weight(`${name}/bias`, { kind: "zeros" }),
      });
      return layer.apply(x) as Symbolic;
    },
  };
}

/** Convolutions that train, on the engine's fused op; the transposed one is tfjs's. */
export function trainingConvolutions(
  source: WeightSource,
): Pick<ConvolutionBuilder<Symbolic>, "conv"> {
  return {
    conv(x, options) {
      const { name, filters, kernel, stride = 1, padding = "same" } = options;
      const { relu = false, leak = 0, bias = true, dilation = 1 } = options;
      const init = options.init ?? { kind: "heNormal" };
      const layer = new Conv2d({
        name,
        filters,
        kernel,
        stride,
        padding,
        dilation,
        bias,
        relu,
        leak,
        kernelInitializer: initializer(source, { name: `${name}/kernel`, init }),
        biasInitializer: initializer(source, { name: `${name}/bias`, init: { kind: "zeros" } }),
        ...options.spectralNorm && {
          singularInitializer: initializer(source, { name: `${name}/u`, init: SINGULAR_INIT }),
        },
      });
      return layer.apply(x) as tf.SymbolicTensor;
    },
  };
}

/** A map with the zeros of a numeric padding around it, which a tfjs convolution cannot add. */
function padded(x: Symbolic, conv: { name: string; padding: "same" | "valid" | number }): Symbolic {
  const { name, padding } = conv;
  if (typeof padding !== "number" || padding === 0) return x;
  const layer = tf.layers.zeroPadding2d({ name: `${name}_pad`, padding: [padding, padding] });
  return layer.apply(x) as Symbolic;
}

/** Start of the singular vectors that spectral norm keeps. */
const SINGULAR_INIT = { kind: "normal", std: 1 } as const satisfies WeightInit;

function singularInfo(layer: string, [filters, rows]: [number, number]): WeightInfo[] {
  const vector = (name: string, length: number): WeightInfo => (
    { name: `${layer}/${name}`, shape: [length], init: SINGULAR_INIT, trainable: false }
  );
  return [vector("u", filters), vector("v", rows)];
}

function biasInfo(layer: string, filters: number): WeightInfo {
  return { name: `${layer}/bias`, shape: [filters], init: { kind: "zeros" }, trainable: true };
}
