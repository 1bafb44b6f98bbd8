/**
 * What the options of every layer share, and how a weight is named and starts.
 *
 * @module
 */

/** How a weight starts. `heNormal`: N(0, 2 / fan-in); `bilinear`: diagonal upsampling kernel. */
export type WeightInit =
  | { kind: "zeros" }
  | { kind: "ones" }
  | { kind: "normal"; std: number }
  | { kind: "heNormal" }
  | { kind: "bilinear" };

/** One weight of a network. */
export interface WeightSpec {
  /** `layer/weight`, such as `block1_conv1/kernel`: the name in saved files. */
  name: string;
  shape: number[];
  init: WeightInit;
}

/** Options every layer has. */
export interface LayerOptions {
  /** Unique in the network; weights are named after it. */
  name: string;
}
