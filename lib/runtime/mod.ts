/**
 * The only room that knows Deno, Bun or Node: choice of the backend, files, the machine.
 *
 * @module
 */
export {
  type BackendInfo,
  type BackendName,
  currentBackend,
  useBackend,
  type UseBackendOptions,
} from "./backend.ts";
export { type AdapterReport, type BackendReport, doctor, type DoctorReport } from "./doctor.ts";
export { createRunFolder, freeBytes, writeFileAtomic } from "./files.ts";
export { sha256 } from "./hash.ts";
export { type FolderLock, lockFolder, type LockOwner } from "./lock.ts";
export { type Versions, versions } from "./version.ts";
