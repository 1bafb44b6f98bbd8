/** The three passes of a convolution, and the kernel of tfjs that computes each. */
export const DIRECTIONS = {
  forward: "Conv2D",
  dx: "Conv2DBackpropInput",
  dw: "Conv2DBackpropFilter",
} as const;

/** Name of a pass. */
export type Direction = keyof typeof DIRECTIONS;
