/**
 * Label maps as polygons, in the formats of labelling tools and maps.
 *
 * @module
 */
import { Registry, type RegistryEntry } from "../../util/registry.ts";
import type { ClassInfo, LabelMap } from "../dataset.ts";
import { classRole } from "./class_role.ts";
import { type Region, singlePolygon, traceRegions } from "./trace_regions.ts";

/** A label map, and the picture that it belongs to. */
export interface PolygonSource {
  label: LabelMap;
  classes: readonly ClassInfo[];
  /** Path of the picture, as the file is to name it. */
  image: string;
}

/** A format of polygons. */
export interface PolygonFormat extends RegistryEntry {
  /** Ending of the file of a picture; `null` for a format that has all pictures in one file. */
  readonly extension: string | null;
  /** Content of a file. */
  encode(sources: readonly TracedPicture[]): object;
}

/** The regions of a label map, and the picture that it belongs to. */
export interface TracedPicture extends Omit<PolygonSource, "label"> {
  width: number;
  height: number;
  regions: Region[];
}

/**
 * The regions of all classes but one called background, along the borders of pixels.
 *
 * @example
 * ```ts
 * import { polygonFormats, tracePicture } from "@segadv/segadv/data";
 * import assert from "node:assert/strict";
 *
 * const classes = [
 *   { name: "background", color: [0, 0, 0] as [number, number, number] },
 *   { name: "cat", color: [255, 0, 0] as [number, number, number] },
 * ];
 * const label = { width: 3, height: 1, data: new Uint8Array([0, 1, 1]) };
 * const traced = tracePicture({ label, classes, image: "a.jpg" });
 * const { features } = polygonFormats.get("geojson").encode([traced]) as { features: object[] };
 * assert.deepEqual(features, [{
 *   type: "Feature",
 *   properties: { class: "cat", color: [255, 0, 0], area: 2 },
 *   geometry: { type: "Polygon", coordinates: [[[3, 0], [3, 1], [1, 1], [1, 0], [3, 0]]] },
 * }]);
 * ```
 */
export function tracePicture({ label, classes, image }: PolygonSource): TracedPicture {
  const isTraced = (value: number): boolean =>
    value < classes.length && classRole(classes[value]!.name) !== "background";
  const { width, height } = label;
  return { width, height, classes, image, regions: traceRegions(label, isTraced) };
}

/** COCO's instances: one file, a polygon a region, holes as bridges. */
const coco: PolygonFormat = {
  name: "coco",
  summary: "annotations.json with all images",
  extension: null,
  encode(pictures) {
    const classes = pictures[0]?.classes ?? [];
    let id = 0;
    return {
      images: pictures.map(({ image, width, height }, i) => (
        { id: i + 1, file_name: image, width, height }
      )),
      annotations: pictures.flatMap(({ regions }, i) =>
        regions.map((region) => ({
          id: ++id,
          image_id: i + 1,
          category_id: region.value + 1,
          iscrowd: 0,
          area: region.area,
          bbox: boundsOf(region.rings[0]!),
          segmentation: [singlePolygon(region)],
        }))
      ),
      categories: classes.flatMap(({ name }, i) =>
        classRole(name) === "background" ? [] : [{ id: i + 1, name, supercategory: "" }]
      ),
    };
  },
};

/** labelme's: one file a picture, holes as bridges. */
const labelme: PolygonFormat = {
  name: "labelme",
  summary: "NAME.json",
  extension: ".json",
  encode: ([picture]) => {
    const { image, width, height, classes, regions } = picture!;
    return {
      version: "5.5.0",
      flags: {},
      shapes: regions.map((region) => ({
        label: classes[region.value]!.name,
        points: pointsOf(singlePolygon(region)),
        group_id: null,
        description: "",
        shape_type: "polygon",
        flags: {},
      })),
      imagePath: image,
      imageData: null,
      imageHeight: height,
      imageWidth: width,
    };
  },
};

/** GeoJSON's: one file a picture, coordinates in pixels from its upper left corner. */
const geojson: PolygonFormat = {
  name: "geojson",
  summary: "NAME.geojson in pixels",
  extension: ".geojson",
  encode: ([picture]) => {
    const { classes, regions } = picture!;
    return {
      type: "FeatureCollection",
      features: regions.map(({ value, area, rings }) => {
        const { name, color } = classes[value]!;
        return {
          type: "Feature",
          properties: { class: name, color, area },
          geometry: {
            type: "Polygon",
            coordinates: rings.map((ring) => pointsOf([...ring, ring[0]!, ring[1]!])),
          },
        };
      }),
    };
  },
};

/** The formats by name. */
export const polygonFormats: Registry<PolygonFormat> = new Registry("polygon format", [
  coco,
  labelme,
  geojson,
]);

function pointsOf(ring: readonly number[]): [x: number, y: number][] {
  return Array.from({ length: ring.length / 2 }, (_, i) => [ring[i * 2]!, ring[i * 2 + 1]!]);
}

/** Left, top, width and height. */
function boundsOf(ring: readonly number[]): number[] {
  const [xs, ys] = [0, 1].map((axis) => ring.filter((_, i) => i % 2 === axis)) as [
    number[],
    number[],
  ];
  const least = (values: number[]): number => values.reduce((a, b) => Math.min(a, b));
  const most = (values: number[]): number => values.reduce((a, b) => Math.max(a, b));
  return [least(xs), least(ys), most(xs) - least(xs), most(ys) - least(ys)];
}
