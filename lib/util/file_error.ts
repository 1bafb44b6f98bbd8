/** Puts a system error into words that name a remedy. */
export function explainFileError(
  error: unknown,
  context: { attempt: string; folder?: string },
): Error {
  const code = (error as { code?: string } | null)?.code;
  if (code === undefined) return error as Error;
  const reasons: Record<string, string> = {
    ENOENT: `the folder ${context.folder ?? ""} does not exist; create it first`,
    ENOTDIR: "a part of the path is a file; choose another path",
    EEXIST: "a file of that name is in the way; choose another path",
    EACCES: "no right to write there; choose another folder or change its rights",
    EPERM: "no right to write there; choose another folder or change its rights",
    EROFS: "the disk is read-only; choose another folder",
    ENOSPC: "the disk is full; free some space or choose another folder",
    EDQUOT: "the disk quota is used up; free some space or choose another folder",
    EISDIR: "a folder of that name is in the way; choose another path",
  };
  const reason = reasons[code] ?? (error as Error).message;
  return new Error(`Cannot ${context.attempt}: ${reason}`, { cause: error });
}
