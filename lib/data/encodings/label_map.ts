/**
 * A table from pixel values to classes, as `classes.json` or `data.labelMap` gives it.
 *
 * @module
 */
import { z } from "zod";
import { DamagedFileError, type LabelMap } from "../dataset.ts";
import type { LabelEncoding } from "./encoding.ts";
import { singleValues } from "./index_values.ts";
import { placeOf } from "./mask_raster.ts";

/** The encoding by a table. */
export const labelMapEncoding: LabelEncoding = {
  name: "map",
  summary: "a table from pixel values to classes",
  options: z.strictObject({
    /** Class index of each value; -1: ignored. */
    values: z.record(z.string(), z.int().min(-1).max(254)),
  }),
  describe: ({ values }) =>
    "values " +
    Object.entries(values as Record<string, number>).map(([value, to]) =>
      `${value} → ${to < 0 ? "ignored" : to}`
    ).join(", "),
  decode(raster, { values }, { file, ignoreLabel }): LabelMap {
    const table = new Int16Array(256).fill(-2);
    for (const [value, to] of Object.entries(values as Record<string, number>)) {
      table[Number(value)] = to;
    }
    const label = singleValues(raster, file);
    for (let i = 0; i < label.data.length; i++) {
      const value = label.data[i]!;
      const to = table[value]!;
      if (to === -2) {
        throw new DamagedFileError(
          `Cannot read labels from "${file}": value ${value} at ${placeOf(i, raster)} is not in ` +
            `the table of values (${Object.keys(values as object).join(", ")})`,
        );
      }
      label.data[i] = to < 0 ? ignoreLabel : to;
    }
    return label;
  },
};
