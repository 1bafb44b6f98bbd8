import type { Engine } from "../engine.ts";
import { JOB } from "../jobs.ts";

/** A tensor `[batch, h, w, c]` at an address and the padding it gets. */
export interface Padding {
  x: number;
  batch: number;
  h: number;
  w: number;
  c: number;
  top: number;
  left: number;
  /** Height and width with padding. */
  height: number;
  width: number;
}

/** {@linkcode Padding} and what is done with the padded copy. */
export interface PaddedUse<T> extends Padding {
  use: (pointer: number) => T;
}

/** Copies a tensor with zero padding into scratch for the duration of `use`. */
export function withPadded<T>(engine: Engine, p: PaddedUse<T>): T {
  const floats = p.batch * p.height * p.width * p.c;
  return engine.withScratch(floats * 4, (to) => {
    engine.write([p.x, to, p.h, p.w, p.c, p.top, p.left, p.height, p.width]);
    engine.run(JOB.pad, p.batch * p.height, floats * 4);
    return p.use(to);
  });
}
