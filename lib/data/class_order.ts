/**
 * Classes are matched by name: what counts is which classes there are, not in which order a file
 * lists them.
 *
 * @module
 */
import { printable } from "../util/format.ts";
import type { ClassInfo, Dataset, LabelMap } from "./dataset.ts";
import { remapLabels } from "./transforms/prepare_sample.ts";

/** Two things that should have the same classes have others, or the same name twice. */
export class ClassMismatchError extends RangeError {
  override readonly name: string = "ClassMismatchError";
}

/** Names of classes, and of what has them, for messages. */
export interface NamedClasses {
  /** Such as `data set "city"`. */
  subject: string;
  names: readonly string[];
}

/**
 * Matches classes by name.
 *
 * @returns For each class of `from` its index in `to`; `null` where both have one order.
 * @throws {ClassMismatchError} If they have not the same names; the message lists both.
 * @example
 * ```ts
 * import { classOrder } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const network = { subject: "the network", names: ["sky", "road", "bus"] };
 * const data = { subject: "the data set", names: ["bus", "sky", "road"] };
 * assert.deepEqual([...classOrder(data, network)!], [2, 0, 1]);
 * assert.equal(classOrder(data, data), null);
 * assert.throws(() => classOrder(data, { subject: "the run", names: ["sky", "car", "bus"] }), {
 *   message: "the data set has the classes bus, sky, road, the run has sky, car, bus: only the " +
 *     "same names, in any order, can be matched",
 * });
 * ```
 */
export function classOrder(from: NamedClasses, to: NamedClasses): Uint8Array | null {
  for (const { subject, names } of [from, to]) requireDistinct(names, subject);
  const places = new Map(to.names.map((name, i) => [name, i]));
  if (!haveSameNames(from.names, to.names)) {
    throw new ClassMismatchError(
      `${from.subject} has the classes ${list(from.names)}, ${to.subject} has ${
        list(to.names)
      }: only the same names, in any order, can be matched`,
    );
  }
  const order = Uint8Array.from(from.names, (name) => places.get(name)!);
  return order.every((place, i) => place === i) ? null : order;
}

/** Whether two lists have the same names, in any order. */
export function haveSameNames(a: readonly string[], b: readonly string[]): boolean {
  const names = new Set(b);
  return a.length === b.length && a.every((name) => names.has(name));
}

/** One line that says that an order was changed, and by which names. */
export function describeOrder(from: NamedClasses, to: NamedClasses): string {
  return `${from.subject} lists its classes in another order (${
    list(from.names)
  }) than ${to.subject} ` +
    `(${list(to.names)}): they are matched by name`;
}

/**
 * Refuses classes of which two have one name, as nothing else tells them apart.
 *
 * @throws {ClassMismatchError} Naming both places.
 */
export function requireDistinct(names: readonly string[], subject: string): void {
  const places = new Map<string, number>();
  for (const [i, name] of names.entries()) {
    const first = places.get(name);
    if (first !== undefined) {
      throw new ClassMismatchError(
        `${subject} gives the classes ${first} and ${i} one name, "${printable(name)}": rename one`,
      );
    }
    places.set(name, i);
  }
}

/**
 * A view of a data set with its classes in another order. Ignored pixels keep their label where that
 * is no class, else they become 255.
 *
 * @param order For each class of the data set its new index, as {@linkcode classOrder} gives it.
 */
export function reorderClasses(dataset: Dataset, order: Uint8Array): Dataset {
  const { ignoreLabel } = dataset;
  const classes: ClassInfo[] = [];
  for (const [i, info] of dataset.classes.entries()) classes[order[i]!] = info;
  const ignored = ignoreLabel < classes.length ? 255 : ignoreLabel;
  const reorder = ({ width, height, data: labels }: LabelMap, where: string): LabelMap => {
    const data = new Uint8Array(labels);
    remapLabels(data, { ...dataset, where, width });
    for (let i = 0; i < data.length; i++) data[i] = data[i] === 255 ? ignored : order[data[i]!]!;
    return { width, height, data };
  };
  return {
    ...dataset,
    classes,
    ignoreLabel: ignored,
    async read(index) {
      const sample = await dataset.read(index);
      const where = dataset.files
        ? `label "${dataset.files(index).label}"`
        : `sample "${sample.id}"`;
      return { ...sample, label: reorder(sample.label, where) };
    },
  };
}

/** The names, with nothing in them that steers a terminal. */
function list(names: readonly string[]): string {
  return names.length === 0 ? "none" : names.map(printable).join(", ");
}
