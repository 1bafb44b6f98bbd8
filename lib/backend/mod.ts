/**
 * Choice of the backend, the machine it runs on, and files.
 *
 * @module
 */
export {
  type BackendInfo,
  type BackendName,
  currentBackend,
  useBackend,
  type UseBackendOptions,
} from "./use_backend.ts";
export { type AdapterReport, type BackendReport, doctor, type DoctorReport } from "./doctor.ts";
export { createRunFolder, freeBytes, writeFileAtomic } from "../util/files.ts";
export { sha256 } from "../util/hash.ts";
export { type HeldLock, lockFolder, type LockOwner } from "../util/lock.ts";
export { type Versions, versions } from "../util/version.ts";
