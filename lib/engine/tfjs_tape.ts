/**
 * The private members of tfjs's engine that the lean tape reads: in this file alone, and checked
 * before use because they are no promise of tfjs (pinned to 4.22.0).
 */
import * as tf from "@tensorflow/tfjs";

/** One recorded kernel call. */
export interface TapeNode {
  id: number;
  kernelName: string;
  inputs: Record<string, tf.Tensor>;
  outputs: tf.Tensor[];
  saved?: tf.Tensor[];
  gradient?: (dys: (tf.Tensor | null)[]) => Record<string, () => tf.Tensor>;
}

interface TapeEngine {
  state: { activeTape: TapeNode[] | null; gradientDepth: number };
  startTape(): void;
  endTape(): void;
}

/** Runs `f` with tfjs's tape on and returns its result (tracked as by a tidy) and the tape. */
export function recordTape<T extends tf.TensorContainer>(
  f: () => T,
): [result: T, tape: TapeNode[]] {
  const engine = tf.engine() as unknown as TapeEngine;
  if (typeof engine.startTape !== "function" || engine.state?.gradientDepth === undefined) {
    throw new Error(
      `Cannot record gradients: tfjs ${tf.version_core} keeps its tape elsewhere, install 4.22.0`,
    );
  }
  if (engine.state.gradientDepth !== 0) {
    throw new Error("Cannot record gradients inside another gradient computation");
  }
  engine.startTape();
  try {
    const result = tf.tidy(f);
    const tape = engine.state.activeTape!;
    return [result, tape];
  } catch (error) {
    for (const node of engine.state.activeTape ?? []) node.saved?.forEach((t) => t.dispose());
    throw error;
  } finally {
    engine.endTape();
    engine.state.activeTape = null;
  }
}
