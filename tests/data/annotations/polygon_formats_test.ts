import { test } from "node:test";
import assert from "node:assert/strict";
import { polygonFormats, tracePicture } from "../../../lib/data/annotations/polygon_formats.ts";
import type { ClassInfo } from "../../../lib/data/dataset.ts";

const classes: ClassInfo[] = ["background", "ring", "dot"].map((name) => ({
  name,
  color: [1, 2, 3],
}));
/** A ring of 3x3 pixels around a dot. */
const data = Uint8Array.from([...[1, 1, 1, 0], ...[1, 2, 1, 0], ...[1, 1, 1, 0]]);
const traced = tracePicture({ label: { width: 4, height: 3, data }, classes, image: "a/b.jpg" });

test("polygonFormats write each region but the background's, holes too", () => {
  const geojson = polygonFormats.get("geojson").encode([traced]) as {
    features: { properties: object; geometry: { coordinates: number[][][] } }[];
  };
  assert.deepEqual(geojson.features.map(({ properties }) => properties), [
    { class: "ring", color: [1, 2, 3], area: 8 },
    { class: "dot", color: [1, 2, 3], area: 1 },
  ]);
  const [ring] = geojson.features;
  assert.deepEqual(ring!.geometry.coordinates.map((points) => points.length), [5, 5]);
  assert.deepEqual(ring!.geometry.coordinates[0]!.at(-1), ring!.geometry.coordinates[0]![0]);

  const labelme = polygonFormats.get("labelme").encode([traced]) as {
    shapes: { label: string; points: number[][] }[];
    imagePath: string;
  };
  assert.equal(labelme.imagePath, "a/b.jpg");
  assert.deepEqual(labelme.shapes.map(({ label }) => label), ["ring", "dot"]);
  assert.equal(labelme.shapes[0]!.points.length, 4 + 4 + 2, "the hole hangs on a bridge");

  const coco = polygonFormats.get("coco").encode([traced, traced]) as {
    images: object[];
    annotations: { id: number; image_id: number; category_id: number; bbox: number[] }[];
    categories: object[];
  };
  assert.equal(coco.images.length, 2);
  assert.deepEqual(coco.categories, [
    { id: 2, name: "ring", supercategory: "" },
    { id: 3, name: "dot", supercategory: "" },
  ]);
  assert.deepEqual(
    coco.annotations.map(({ id, image_id, category_id }) => [id, image_id, category_id]),
    [[1, 1, 2], [2, 1, 3], [3, 2, 2], [4, 2, 3]],
  );
  assert.deepEqual(coco.annotations[0]!.bbox, [0, 0, 3, 3]);
});
