/**
 * Writes PASCAL VOC's layout with a `labelmap.txt`, as CVAT's "Segmentation mask" has it.
 *
 * @module
 */
import type { LabelMap } from "../dataset.ts";
import { type ExportFormat, uniqueNames, writeNew } from "./export_format.ts";
import { encodeIndices, labelPalette } from "./folder.ts";

/** VOC's label of pixels to leave out. */
const VOC_IGNORE = 255;

/**
 * `JPEGImages/NAME.png`, `SegmentationClass/NAME.png` as palette indices, the lists of
 * `ImageSets/Segmentation`, and `labelmap.txt` with the names of the classes.
 */
export const vocFormat: ExportFormat = {
  name: "voc",
  summary: "JPEGImages, SegmentationClass, ImageSets/Segmentation, labelmap.txt",
  open({ folder, splits, classes, ignoreLabel }) {
    const palette = labelPalette(classes, VOC_IGNORE);
    const nameOf = uniqueNames(splits);
    return {
      imagePath: (sample) => `JPEGImages/${nameOf(sample)}`,
      async add({ label, ...sample }) {
        const path = `SegmentationClass/${nameOf(sample)}.png`;
        await writeNew(folder, path, encodeIndices(withIgnore(label, ignoreLabel), palette));
      },
      async end() {
        for (const { split, ids } of splits) {
          const names = ids.map((id) => `${nameOf({ split, id })}\n`);
          await writeNew(folder, `ImageSets/Segmentation/${split}.txt`, names.join(""));
        }
        const lines = classes.map(({ name, color }) => `${name}:${color.join()}::\n`);
        const border = palette.subarray(3 * VOC_IGNORE);
        // Readers know VOC's own
        if (border.join() !== "224,224,192") lines.push(`__ignore__:${border.join()}::\n`);
        const head = "# label:color_rgb:parts:actions\n";
        await writeNew(folder, "labelmap.txt", head + lines.join(""));
      },
    };
  },
};

function withIgnore({ data, ...size }: LabelMap, ignoreLabel: number): LabelMap {
  return { ...size, data: data.map((value) => value === ignoreLabel ? VOC_IGNORE : value) };
}
