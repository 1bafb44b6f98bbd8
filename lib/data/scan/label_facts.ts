/**
 * Facts of one label file, or why there are none.
 *
 * @module
 */
import { readBytes } from "../codecs/read_bytes.ts";
import { type MaskFacts, maskFacts } from "../encodings/mask_facts.ts";
import { decodeMask } from "../encodings/mask_raster.ts";

/** What reading a label file came to. */
export type LabelScan = { facts: MaskFacts } | { fault: string };

/** Reads a label file; whatever is wrong with it is a result. */
export async function labelFacts(file: string): Promise<LabelScan> {
  try {
    return { facts: maskFacts(await decodeMask(await readBytes(file), { file })) };
  } catch (error) {
    return { fault: (error as Error).message };
  }
}
