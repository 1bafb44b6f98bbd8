/**
 * The CityScapes benchmark's scores: class and category IoU, and the instance-weighted iIoU, which
 * gives a small car the weight of a large one (cityscapesScripts, evalPixelLevelSemanticLabeling).
 *
 * @module
 */
import { CITYSCAPES_LABELS } from "../data/readers/cityscapes.ts";
import { toLabelIds } from "../data/benchmark_formats.ts";
import type { Dataset, LabelMap } from "../data/dataset.ts";
import { resizeLabel } from "../data/transforms/resize.ts";

/** The 19 evaluated labels, in the order of their trainIds. */
const LABELS = CITYSCAPES_LABELS.filter(({ trainId }) => trainId < 19)
  .sort((a, b) => a.trainId - b.trainId);

/** Mean area of an instance in the training set, in pixels, by the benchmark's own count. */
const INSTANCE_AREAS: ReadonlyMap<string, number> = new Map([
  ["person", 3462.4756337644],
  ["rider", 3930.4788056518],
  ["car", 12794.0202738185],
  ["truck", 27855.1264367816],
  ["bus", 35732.1511111111],
  ["train", 67583.7075812274],
  ["motorcycle", 6298.7200839748],
  ["bicycle", 4672.3249222261],
]);

/** Scores by name, `null` where a class occurs in neither truth nor prediction. */
export type NamedScores = Record<string, number | null>;

/** The benchmark's four figures with their parts, all fractions. */
export interface CityscapesScores {
  classIoU: number;
  categoryIoU: number;
  classInstanceIoU: number;
  categoryInstanceIoU: number;
  classes: NamedScores;
  categories: NamedScores;
  instanceClasses: NamedScores;
  instanceCategories: NamedScores;
}

/** Instance-weighted hits and misses of one class or category. */
interface Weighted {
  hits: number;
  misses: number;
}

const IDS = 34;
const BY_ID = new Map(LABELS.map((label) => [label.id, label]));
const CATEGORIES = [...new Set(LABELS.map((label) => label.category))];
const VALID_IDS = LABELS.map((label) => label.id);

/**
 * Gathers label maps and scores them as the benchmark does.
 *
 * @example
 * ```ts
 * import { CityscapesEvaluation } from "@segadv/segadv/metrics";
 * import assert from "node:assert/strict";
 *
 * const evaluation = new CityscapesEvaluation();
 * // A road pixel found, one called sidewalk, one that nobody counts.
 * evaluation.add({ truth: [7, 7, 4], prediction: [7, 8, 7], instances: [7, 7, 4] });
 * const { classes, categoryIoU } = evaluation.scores();
 * assert.equal(classes.road, 0.5);
 * assert.equal(categoryIoU, 1);
 * ```
 */
export class CityscapesEvaluation {
  /** Row-major counts of labelIds: `counts[truth * 34 + prediction]`. */
  readonly counts: Float64Array = new Float64Array(IDS * IDS);
  readonly #classes = new Map<string, Weighted>();
  readonly #categories = new Map<string, Weighted>();

  /**
   * Adds one image.
   *
   * @param maps labelIds of `truth` and `prediction`, and `instances`: labelId·1000 + number for a
   * single thing, the plain labelId otherwise.
   * @throws {RangeError} If the maps differ in length or hold an id above 33.
   */
  add(
    maps: {
      truth: ArrayLike<number>;
      prediction: ArrayLike<number>;
      instances: ArrayLike<number>;
    },
  ): void {
    const { truth, prediction, instances } = maps;
    if (truth.length !== prediction.length || truth.length !== instances.length) {
      throw new RangeError(
        `Cannot compare CityScapes maps of ${truth.length}, ${prediction.length} and ` +
          `${instances.length} pixels: they must be equal in size`,
      );
    }
    /** Pixels of each instance, by predicted labelId. */
    const things = new Map<number, Float64Array>();
    for (let i = 0; i < truth.length; i++) {
      const [t, p, instance] = [truth[i]!, prediction[i]!, instances[i]!];
      if (t >= IDS || p >= IDS) {
        throw new RangeError(`Cannot use CityScapes labelId ${Math.max(t, p)}: ids end at 33`);
      }
      this.counts[t * IDS + p]!++;
      if (instance < 1000) continue;
      let predicted = things.get(instance);
      if (predicted === undefined) things.set(instance, predicted = new Float64Array(IDS));
      predicted[p]!++;
    }
    for (const [instance, predicted] of things) this.#addInstance(instance, predicted);
  }

  /** Scores of all images added so far. */
  scores(): CityscapesScores {
    const classes: NamedScores = {};
    const instanceClasses: NamedScores = {};
    for (const { id, name } of LABELS) {
      const area = this.#areas([id]);
      classes[name] = ratio(area.hits, area.misses + area.wrong);
      if (!INSTANCE_AREAS.has(name)) continue;
      instanceClasses[name] = weightedRatio(this.#classes.get(name), area.wrong);
    }
    const categories: NamedScores = {};
    const instanceCategories: NamedScores = {};
    for (const category of CATEGORIES) {
      const members = LABELS.filter((label) => label.category === category);
      const area = this.#areas(members.map((label) => label.id));
      categories[category] = ratio(area.hits, area.misses + area.wrong);
      if (!members.some(({ name }) => INSTANCE_AREAS.has(name))) continue;
      instanceCategories[category] = weightedRatio(this.#categories.get(category), area.wrong);
    }
    return {
      classIoU: mean(classes),
      categoryIoU: mean(categories),
      classInstanceIoU: mean(instanceClasses),
      categoryInstanceIoU: mean(instanceCategories),
      classes,
      categories,
      instanceClasses,
      instanceCategories,
    };
  }

  #addInstance(instance: number, predicted: Float64Array): void {
    const label = BY_ID.get(Math.floor(instance / 1000));
    const area = INSTANCE_AREAS.get(label?.name ?? "");
    if (label === undefined || area === undefined) return;
    const size = predicted.reduce((a, b) => a + b, 0);
    const weight = area / size;
    const own = predicted[label.id]!;
    const related = LABELS.filter(({ category }) => category === label.category)
      .reduce((sum, { id }) => sum + predicted[id]!, 0);
    accumulate(this.#classes, { name: label.name, hits: own, size, weight });
    accumulate(this.#categories, { name: label.category, hits: related, size, weight });
  }

  /** Pixels hit, missed and wrongly taken by a set of ids; rows of ignored truth do not count. */
  #areas(ids: number[]): { hits: number; misses: number; wrong: number } {
    const own = new Set(ids);
    const area = { hits: 0, misses: 0, wrong: 0 };
    for (const t of VALID_IDS) {
      for (let p = 0; p < IDS; p++) {
        const count = this.counts[t * IDS + p]!;
        if (own.has(t)) area[own.has(p) ? "hits" : "misses"] += count;
        else if (own.has(p)) area.wrong += count;
      }
    }
    return area;
  }
}

function accumulate(
  totals: Map<string, Weighted>,
  thing: { name: string; hits: number; size: number; weight: number },
): void {
  const { name, hits, size, weight } = thing;
  const before = totals.get(name) ?? { hits: 0, misses: 0 };
  totals.set(name, {
    hits: before.hits + hits * weight,
    misses: before.misses + (size - hits) * weight,
  });
}

function weightedRatio(weighted: Weighted | undefined, wrong: number): number | null {
  return ratio(weighted?.hits ?? 0, (weighted?.misses ?? 0) + wrong);
}

function ratio(hits: number, errors: number): number | null {
  return hits + errors > 0 ? hits / (hits + errors) : null;
}

/** Mean of the scores that exist. */
function mean(scores: NamedScores): number {
  const present = Object.values(scores).filter((score) => score !== null);
  return present.reduce((a, b) => a + b, 0) / Math.max(present.length, 1);
}

/** Takes predictions one by one. */
export interface CityscapesScorer {
  /**
   * Adds the prediction of a sample, class indices of any size; it is compared at the size of the
   * truth, resized by the nearest pixel.
   *
   * @throws {Error} If the sample's instance map cannot be read or is none; names the file or sample.
   */
  add(index: number, prediction: LabelMap): Promise<void>;
  /** Scores of all samples added so far. */
  scores(): CityscapesScores;
}

/**
 * Scores class maps of a CityScapes split against its instance maps, which hold the labelIds too.
 *
 * @throws {TypeError} If the data set has no instance maps.
 * @example
 * ```ts
 * import { openDataset } from "@segadv/segadv";
 * import { cityscapesScorer } from "@segadv/segadv/metrics";
 * import assert from "node:assert/strict";
 *
 * const dataset = await openDataset("fixtures", { split: "val" });
 * assert.throws(() => cityscapesScorer(dataset), /fixtures has no instance maps/);
 * // A road pixel that was found, and one of a car that was not.
 * const map = { width: 2, height: 1 };
 * const readInstances = () => Promise.resolve({ ...map, data: new Uint16Array([7, 26001]) });
 * const scorer = cityscapesScorer({ ...dataset, readInstances });
 * await scorer.add(0, { ...map, data: new Uint8Array([0, 0]) });
 * assert.equal(scorer.scores().classIoU, 0.25);
 * ```
 */
export function cityscapesScorer(
  dataset: Pick<Dataset, "name" | "ids" | "readInstances">,
): CityscapesScorer {
  const { name, ids, readInstances } = dataset;
  if (readInstances === undefined) {
    throw new TypeError(`Cannot score as CityScapes does: ${name} has no instance maps`);
  }
  const evaluation = new CityscapesEvaluation();
  return {
    async add(index, prediction) {
      const { width, height, data: instances } = await readInstances(index);
      const largest = instances.reduce((a, b) => Math.max(a, b), 0);
      if (largest >= 34_000) {
        throw new RangeError(
          `Cannot score sample "${ids[index]}": ${largest} in its instance map is neither a ` +
            `labelId (0..33) nor labelId·1000 + number`,
        );
      }
      const { data } = resizeLabel(prediction, [height, width]);
      evaluation.add({
        truth: instances.map((value) => value < 1000 ? value : Math.floor(value / 1000)),
        prediction: toLabelIds(data),
        instances,
      });
    },
    scores: () => evaluation.scores(),
  };
}
