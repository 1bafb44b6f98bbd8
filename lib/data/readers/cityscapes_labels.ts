/**
 * The label table of CityScapes.
 *
 * @module
 */
import type { ClassInfo } from "../dataset.ts";

/** One label of CityScapes, as its ground truth numbers it. */
export interface CityscapesLabel {
  /** Pixel value in `*_labelIds.png`. */
  id: number;
  name: string;
  /** Class index for training, or 255 where the label is left out. */
  trainId: number;
  /** One of the eight groups that the category scores use; `void` is left out. */
  category: CityscapesCategory;
  /** Whether single objects are numbered in `*_instanceIds.png`. */
  instances: boolean;
  color: ClassInfo["color"];
}

/** The groups of CityScapes' labels. */
export type CityscapesCategory =
  | "void"
  | "flat"
  | "construction"
  | "object"
  | "nature"
  | "sky"
  | "human"
  | "vehicle";

/** Id, name, train id, category, instances, colour. */
type Row = [number, string, number, CityscapesCategory, boolean, ClassInfo["color"]];
const ROWS: Row[] = [
  [0, "unlabeled", 255, "void", false, [0, 0, 0]],
  [1, "ego vehicle", 255, "void", false, [0, 0, 0]],
  [2, "rectification border", 255, "void", false, [0, 0, 0]],
  [3, "out of roi", 255, "void", false, [0, 0, 0]],
  [4, "static", 255, "void", false, [0, 0, 0]],
  [5, "dynamic", 255, "void", false, [111, 74, 0]],
  [6, "ground", 255, "void", false, [81, 0, 81]],
  [7, "road", 0, "flat", false, [128, 64, 128]],
  [8, "sidewalk", 1, "flat", false, [244, 35, 232]],
  [9, "parking", 255, "flat", false, [250, 170, 160]],
  [10, "rail track", 255, "flat", false, [230, 150, 140]],
  [11, "building", 2, "construction", false, [70, 70, 70]],
  [12, "wall", 3, "construction", false, [102, 102, 156]],
  [13, "fence", 4, "construction", false, [190, 153, 153]],
  [14, "guard rail", 255, "construction", false, [180, 165, 180]],
  [15, "bridge", 255, "construction", false, [150, 100, 100]],
  [16, "tunnel", 255, "construction", false, [150, 120, 90]],
  [17, "pole", 5, "object", false, [153, 153, 153]],
  [18, "polegroup", 255, "object", false, [153, 153, 153]],
  [19, "traffic light", 6, "object", false, [250, 170, 30]],
  [20, "traffic sign", 7, "object", false, [220, 220, 0]],
  [21, "vegetation", 8, "nature", false, [107, 142, 35]],
  [22, "terrain", 9, "nature", false, [152, 251, 152]],
  [23, "sky", 10, "sky", false, [70, 130, 180]],
  [24, "person", 11, "human", true, [220, 20, 60]],
  [25, "rider", 12, "human", true, [255, 0, 0]],
  [26, "car", 13, "vehicle", true, [0, 0, 142]],
  [27, "truck", 14, "vehicle", true, [0, 0, 70]],
  [28, "bus", 15, "vehicle", true, [0, 60, 100]],
  [29, "caravan", 255, "vehicle", true, [0, 0, 90]],
  [30, "trailer", 255, "vehicle", true, [0, 0, 110]],
  [31, "train", 16, "vehicle", true, [0, 80, 100]],
  [32, "motorcycle", 17, "vehicle", true, [0, 0, 230]],
  [33, "bicycle", 18, "vehicle", true, [119, 11, 32]],
];

/** All 34 labels; index = id. */
export const CITYSCAPES_LABELS: readonly CityscapesLabel[] = ROWS.map(
  ([id, name, trainId, category, instances, color]) => ({
    id,
    name,
    trainId,
    category,
    instances,
    color,
  }),
);

/** The 19 classes that are trained and scored; index = train id. */
export const CITYSCAPES_CLASSES: ClassInfo[] = CITYSCAPES_LABELS
  .filter(({ trainId }) => trainId !== 255)
  .sort((a, b) => a.trainId - b.trainId)
  .map(({ name, color }) => ({ name, color }));
