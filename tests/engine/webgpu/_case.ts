/** Cases for comparing backends: functions of tensors, forward and backward. */
import type * as tf from "@tensorflow/tfjs";

/** One function of tensors. */
export interface Case {
  name: string;
  /** Shapes of its operands, which are normal numbers. */
  shapes: number[][];
  f: (...xs: tf.Tensor[]) => tf.Tensor;
  /** Whether tfjs has a gradient. */
  gradient: boolean;
}

/** Shape of maps whose channels are a multiple of four. */
export const MAPS: number[] = [2, 9, 8, 8];
/** Shape of maps whose channels are not. */
export const THIN: number[] = [2, 9, 8, 3];
/** tfjs's gradient of resizeBilinear takes height for width. */
export const SQUARE: number[] = [2, 7, 7, 3];

/** A case with a gradient. */
export function both(name: string, shapes: number[][], ...rest: [Case["f"]]): Case {
  return { name, shapes, f: rest[0], gradient: true };
}

/** A case without. */
export function forward(name: string, shapes: number[][], ...rest: [Case["f"]]): Case {
  return { name, shapes, f: rest[0], gradient: false };
}

// Operands arrive as tensors of any rank; each case knows its own.
export function four(x: tf.Tensor | undefined): tf.Tensor4D {
  return x as tf.Tensor4D;
}

export function two(x: tf.Tensor | undefined): tf.Tensor2D {
  return x as tf.Tensor2D;
}

export function one(x: tf.Tensor | undefined): tf.Tensor1D {
  return x as tf.Tensor1D;
}
