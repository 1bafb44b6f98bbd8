import {
  type CityscapesScorer,
  cityscapesScorer,
  type CityscapesScores,
  type Dataset,
  type NamedScores,
} from "@segadv/segadv";
import { type Context, warn } from "../context.ts";
import { percent } from "../ui/format.ts";
import { formatTable } from "../ui/table.ts";

/** What scores as the benchmark does, or `null` where the data are not CityScapes' with instances. */
export async function openScorer(
  dataset: Dataset,
  context: Context,
): Promise<CityscapesScorer | null> {
  if (dataset.name !== "cityscapes" || dataset.readInstances === undefined) return null;
  // Whether the instance maps are there is known before the first prediction
  const fault = await dataset.readInstances(0).then(() => null, (error: Error) => error);
  if (fault === null) return cityscapesScorer(dataset);
  // A file that lacks is a plain Error; one that is damaged, a SyntaxError and the like
  if (fault.name !== "Error") throw fault;
  warn(context, `the scores of categories and instances are left out: ${fault.message}`);
  return null;
}

/** The benchmark's own scores, at the size of the truth. */
export function cityscapesTable(scores: CityscapesScores): string {
  const rows = (iou: NamedScores, instances: NamedScores): string[][] =>
    Object.entries(iou).map(([name, score]) => [
      name,
      percent(score),
      percent(instances[name] ?? null),
    ]);
  const things = Object.keys(scores.instanceClasses);
  const classes = Object.fromEntries(things.map((name) => [name, scores.classes[name] ?? null]));
  const right = "right";
  return formatTable(
    [
      { title: "CityScapes benchmark" },
      { title: "IoU", align: right },
      { title: "iIoU", align: right },
    ],
    [
      ...rows(classes, scores.instanceClasses),
      ["all classes", percent(scores.classIoU), percent(scores.classInstanceIoU)],
      ...rows(scores.categories, scores.instanceCategories),
      ["all categories", percent(scores.categoryIoU), percent(scores.categoryInstanceIoU)],
    ],
  );
}
