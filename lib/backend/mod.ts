/**
 * Choice of the backend, and what the machine can run.
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
