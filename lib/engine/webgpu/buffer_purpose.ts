/** What a buffer is for, in the words of messages. */

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
  const mib = (n: number) => `${(n / 2 ** 20).toFixed(1)} MiB`;
  return `Out of adapter memory: ${what} of ${mib(bytes)} does not fit beside ${mib(used)} in ` +
    `use under the cap of ${mib(cap)}; lower data.batch, data.crop or model.width`;
}

/** The tensor in words. */
export function describe({ dtype, shape }: BufferPurpose): string {
  return `${dtype} tensor [${shape}]`;
}
