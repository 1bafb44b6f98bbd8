/** What a buffer is for, in the words of messages. */
import { mebibytes } from "../../util/format.ts";

/** What a buffer is wanted for. */
export interface BufferPurpose {
  dtype: string;
  shape: readonly number[];
}

/** Text of the error for a tensor that does not fit beside the others. */
export function outOfMemory(
  what: string,
  { bytes, used, cap }: { bytes: number; used: number; cap: number },
): string {
  return `Out of adapter memory: ${what} of ${mebibytes(bytes)} does not fit beside ${
    mebibytes(used)
  } in ` +
    `use under the cap of ${mebibytes(cap)}; lower data.batch, data.crop or model.width`;
}

/** The tensor in words. */
export function describe({ dtype, shape }: BufferPurpose): string {
  return `${dtype} tensor [${shape}]`;
}
