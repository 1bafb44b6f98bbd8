/**
 * Small tools that programs around the library need too: atomic files, locks, hashes, reproducible
 * random numbers, versions, and numbers as text.
 *
 * @module
 */
export {
  createRunFolder,
  explainFileError,
  freeBytes,
  makeFolder,
  writeFileAtomic,
} from "./files.ts";
export { count, mebibytes, percent } from "./format.ts";
export { sha256 } from "./hash.ts";
export { type HeldLock, lockFolder, type LockOwner } from "./lock.ts";
export { nameList, nearest } from "./describe_issue.ts";
export { fillNormal, fillUniform, permutation, RandomStream, randomStream } from "./random.ts";
export { shellWord } from "./shell.ts";
export { type Versions, versions } from "./version.ts";
export { isInsideFolder, outputPath, pathKey, type PathRules } from "./user_paths.ts";
