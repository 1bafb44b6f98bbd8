/** Whether the content of a file is at fault, as opposed to a disk or a network that fails today. */
export function isDamage(error: unknown): error is Error {
  return error instanceof SyntaxError || error instanceof RangeError || error instanceof TypeError;
}
