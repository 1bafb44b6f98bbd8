/**
 * Weight files: safetensors, PyTorch, Keras, NumPy and tfjs, and the names in them.
 *
 * @module
 */
export { folderHandler } from "./formats/folder_handler.ts";
export { weightsSha256 } from "./hash.ts";
export {
  openSafetensors,
  parseSafetensors,
  type Safetensors,
  type SafetensorsDtype,
  type SafetensorsEntry,
} from "./formats/safetensors.ts";
export {
  type TensorSource,
  writeSafetensors,
  type WriteSafetensorsOptions,
} from "./formats/write_safetensors.ts";
export { float32Values } from "./formats/float32_values.ts";
export { openWeightFile, weightFormats } from "./formats/open_weight_file.ts";
export type {
  FileHead,
  ModelMetadata,
  SavedArchitecture,
  SavedModelInfo,
  WeightFile,
  WeightFormat,
  WeightTensor,
} from "./weight_file.ts";
export type { Misshapen, PlannedCopy, WeightPlan, WeightTarget } from "./plan.ts";
export type {
  InputRule,
  NameMap,
  Otherwise,
  PretrainedNetwork,
  WeightLayout,
  WeightPlace,
} from "./name_maps/name_map.ts";
