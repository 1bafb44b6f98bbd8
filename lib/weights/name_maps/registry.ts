/**
 * All name maps.
 *
 * @module
 */
import type { NameMap } from "./name_map.ts";
import { kerasResnet, kerasResnet2017, torchResnet } from "./resnet.ts";
import { kerasVgg, numpyVgg, torchVgg } from "./vgg.ts";

/** One entry for each origin and architecture; what matches most names of a file is taken. */
export const nameMaps: readonly NameMap[] = [
  torchVgg,
  kerasVgg,
  numpyVgg,
  torchResnet,
  kerasResnet,
  kerasResnet2017,
];
