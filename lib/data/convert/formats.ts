/**
 * The formats that data sets are converted to, by name.
 *
 * @module
 */
import { Registry } from "../../util/registry.ts";
import { cocoFormat } from "./coco.ts";
import type { ExportFormat } from "./export_format.ts";
import { folderFormat } from "./folder.ts";
import { vocFormat } from "./voc.ts";
import { yoloFormat } from "./yolo.ts";

/** Every format that `convert --to` can name; `register()` adds one of your own. */
export const exportFormats: Registry<ExportFormat> = new Registry("export format", [
  folderFormat,
  vocFormat,
  cocoFormat,
  yoloFormat,
]);
