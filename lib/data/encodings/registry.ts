/**
 * The label encodings by name.
 *
 * @module
 */
import { Registry } from "../../util/registry.ts";
import { alphaEncoding } from "./alpha.ts";
import { binaryEncoding } from "./binary.ts";
import { colorEncoding } from "./color.ts";
import type { LabelEncoding } from "./encoding.ts";
import { indexEncoding } from "./index_values.ts";
import { labelMapEncoding } from "./label_map.ts";

/** Every encoding that a label file may have; `register()` adds one of your own. */
export const labelEncodings: Registry<LabelEncoding> = new Registry("label encoding", [
  indexEncoding,
  binaryEncoding,
  colorEncoding,
  alphaEncoding,
  labelMapEncoding,
]);
