/**
 * Backward pass over tfjs's own tape that frees memory as it goes. `tf.grads` keeps every
 * intermediate gradient and every saved activation to the end; this one disposes each as soon as
 * its last reader has run, which takes the peak of a deep convolutional network to about half.
 *
 * @module
 */
import * as tf from "@tensorflow/tfjs";

/** One recorded kernel call. */
interface TapeNode {
  id: number;
  kernelName: string;
  inputs: Record<string, tf.Tensor>;
  outputs: tf.Tensor[];
  saved?: tf.Tensor[];
  gradient?: (dys: (tf.Tensor | null)[]) => Record<string, () => tf.Tensor>;
}

/**
 * The private members of tfjs's engine that are read here, checked before use because they are no
 * promise of tfjs (pinned to 4.22.0).
 */
interface TapeEngine {
  state: { activeTape: TapeNode[] | null; gradientDepth: number };
  startTape(): void;
  endTape(): void;
}

/** A forward pass that can be run backward: once, or for each of several losses. */
export interface Recording {
  /** The result of the forward pass, owned by the caller. */
  value: tf.Tensor;
  /**
   * Gradients with respect to `xs`, given the gradient `dy` with respect to `value`. Frees
   * everything that the recording held, so that it can be called once, unless `keep` is set. `value`
   * may be gone by then; `dy` is disposed once it is used where `consume` is set.
   *
   * @returns One tensor for each of `xs`, of its shape, owned by the caller; `null` where `value`
   * does not depend on it.
   * @throws {Error} If the recording was used or disposed before.
   */
  backward(
    dy: tf.Tensor,
    xs: tf.Tensor[],
    options?: { keep?: boolean; consume?: boolean },
  ): (tf.Tensor | null)[];
  /** Frees what the recording holds when no backward pass follows. `value` stays. */
  dispose(): void;
}

/**
 * Runs `forward` and remembers how, for a backward pass. Intermediate tensors are freed as by
 * `tf.tidy`, except those that the gradient needs.
 *
 * @param forward Computes one tensor from tensors or variables.
 * @param options Tensors that gradients will be wanted `of`: what does not depend on them is not
 * kept. By default all is.
 * @throws {Error} If called inside another gradient computation.
 *
 * @example
 * ```ts
 * import { tf, useBackend } from "@segadv/segadv";
 * import { record } from "@segadv/segadv/engine";
 * import assert from "node:assert/strict";
 *
 * await useBackend({ backend: "cpu" });
 * const x = tf.variable(tf.scalar(3));
 * const recording = record(() => tf.square(x));
 * const [dx] = recording.backward(tf.scalar(1), [x]);
 * assert.deepEqual([...await dx!.data()], [6]);
 * ```
 */
export function record(
  forward: () => tf.Tensor,
  options: { of?: tf.Tensor[] } = {},
): Recording {
  const [value, recorded] = recordTape(forward);
  if (options.of !== undefined) freeOthers(recorded, options.of);
  let tape: TapeNode[] | null = recorded;
  const release = (): void => {
    for (const node of tape ?? []) free(node);
    tape = null;
  };
  return {
    value,
    backward(dy, xs, { keep = false, consume = false } = {}) {
      if (tape === null) throw new Error("Cannot run backward: this recording was already used");
      try {
        const seeds = new Map([[value.id, consume ? dy : dy.clone()]]);
        return walk({ tape, seeds, xs, keep });
      } finally {
        if (!keep) release();
      }
    },
    dispose: release,
  };
}

/** A forward pass of several results that can be run backward once. */
export interface RecordingOfAll {
  /** The results of the forward pass, owned by the caller. */
  values: tf.Tensor[];
  /**
   * Gradients with respect to `xs`, given those with respect to `values` (`null`: none), which are
   * consumed. Frees everything that the recording held.
   *
   * @param before What each of `xs` has of gradients already, from what reads it later: the sum goes
   * on from there, as in one recording of all; consumed.
   * @returns One tensor for each of `xs`, owned by the caller; `null` where nothing depends on it.
   */
  backward(
    dys: readonly (tf.Tensor | null)[],
    xs: tf.Tensor[],
    before?: readonly (tf.Tensor | null)[],
  ): (tf.Tensor | null)[];
}

/** As {@linkcode record}, for a forward pass of several results. */
export function recordAll(forward: () => tf.Tensor[]): RecordingOfAll {
  const [values, tape] = recordTape(forward);
  return {
    values,
    backward(dys, xs, before = []) {
      const seeds = new Map(
        [...values, ...xs].flatMap(({ id }, i) => {
          const gradient = [...dys, ...before][i] ?? null;
          return gradient === null ? [] : [[id, gradient] as const];
        }),
      );
      try {
        return walk({ tape, seeds, xs, keep: false });
      } finally {
        for (const node of tape) free(node);
      }
    },
  };
}

/** Visits the tape in reverse, freeing gradients (`seeds` first) and saved tensors once consumed. */
function walk(
  pass: { tape: TapeNode[]; seeds: Map<number, tf.Tensor>; xs: tf.Tensor[]; keep: boolean },
): (tf.Tensor | null)[] {
  const { tape, seeds: gradients, xs, keep } = pass;
  const wanted = dependents(tape, xs);
  const kept = new Set(xs.map((x) => x.id));

  for (let i = tape.length - 1; i >= 0; i--) {
    const node = tape[i]!;
    const dys = node.outputs.map((output) => gradients.get(output.id) ?? null);
    if (dys.some((d) => d !== null) && node.outputs.some((output) => wanted.has(output.id))) {
      const inputs = Object.entries(node.inputs).filter(([, t]) => wanted.has(t.id));
      for (const [id, gradient] of inputGradients(node, dys, inputs)) add(gradients, id, gradient);
    }
    for (const output of node.outputs) {
      if (kept.has(output.id)) continue;
      gradients.get(output.id)?.dispose();
      gradients.delete(output.id);
    }
    if (!keep) free(node);
  }
  const results = xs.map((x) => gradients.get(x.id) ?? null);
  for (const [id, gradient] of gradients) if (!kept.has(id)) gradient.dispose();
  return results;
}

/** Frees what nodes saved that no gradient of `xs` passes through. */
function freeOthers(tape: TapeNode[], xs: tf.Tensor[]): void {
  const wanted = dependents(tape, xs);
  for (const node of tape) {
    if (!node.outputs.some((output) => wanted.has(output.id))) free(node);
  }
}

/** Ids of all tensors that depend on `xs`, `xs` included. */
function dependents(tape: TapeNode[], xs: tf.Tensor[]): Set<number> {
  const ids = new Set(xs.map((x) => x.id));
  for (const node of tape) {
    if (Object.values(node.inputs).some((input) => ids.has(input.id))) {
      for (const output of node.outputs) ids.add(output.id);
    }
  }
  return ids;
}

/** Gradients of one node with respect to some of its inputs, by tensor id. */
function inputGradients(
  node: TapeNode,
  dys: (tf.Tensor | null)[],
  inputs: [name: string, input: tf.Tensor][],
): [id: number, gradient: tf.Tensor][] {
  if (node.gradient === undefined) {
    throw new Error(`Cannot run backward: tfjs has no gradient for ${node.kernelName}`);
  }
  const results = tf.tidy(() => {
    const functions = node.gradient!(dys);
    return inputs.map(([name, input]) => {
      const compute = functions[name];
      if (compute === undefined) {
        throw new Error(`Cannot run backward: ${node.kernelName} has no gradient for ${name}`);
      }
      const gradient = compute();
      if (gradient.shape.join() !== input.shape.join()) {
        throw new RangeError(
          `Cannot run backward: the gradient of ${node.kernelName} for ${name} has shape ` +
            `[${gradient.shape}], not [${input.shape}]`,
        );
      }
      // A gradient may be dy itself, which is disposed with this node, or serve two inputs.
      return gradient.clone();
    });
  });
  return results.map((gradient, i) => [inputs[i]![1].id, gradient]);
}

/** Adds a gradient to the sum of those of the same tensor, consuming it. */
function add(gradients: Map<number, tf.Tensor>, id: number, gradient: tf.Tensor): void {
  const before = gradients.get(id);
  if (before === undefined) {
    gradients.set(id, gradient);
    return;
  }
  gradients.set(id, tf.add(before, gradient));
  before.dispose();
  gradient.dispose();
}

/** Frees what a node saved for its gradient. */
function free(node: TapeNode): void {
  node.saved?.forEach((tensor) => tensor.dispose());
  delete node.saved;
}

/** Runs `f` with tfjs's tape on and returns its result (tracked as by a tidy) and the tape. */
function recordTape<T extends tf.TensorContainer>(
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
