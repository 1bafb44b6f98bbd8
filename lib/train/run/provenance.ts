/**
 * What the result of a run depends on, and how that of two runs differs.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import { resultKeys, valueAt } from "../../config/schema.ts";
import {
  compareFingerprints,
  type DataDifference,
  type DataFingerprint,
} from "../../data/fingerprint.ts";
import { type Versions, versions } from "../../util/version.ts";
import type { Session } from "./session.ts";

/** What the bits of a run depend on. */
export interface RunProvenance {
  config: Config;
  versions: Versions;
  /** Name and build of the backend. */
  backend: { name: string; build: string };
  /** Classes in the order of the run, and the two splits, whose own order may be another. */
  data: { classes: string[]; train: DataFingerprint; validation: DataFingerprint };
}

/** What the bits of a session's run depend on. */
export function provenanceOf({ config, backend, train, fingerprints }: Session): RunProvenance {
  return {
    config,
    versions: versions(),
    backend: { name: backend.name, build: backend.build },
    data: { classes: train.classes.map(({ name }) => name), ...fingerprints },
  };
}

/** Keys that affect the result, and that a resumed run may change all the same. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  "backend", // the one in use is compared
  "deterministic", // the build of the kernels is compared
  "data.dir", // what lies there is compared
  "data.onCorrupt", // what was skipped before stays as it was
  "train.maxSteps", // where it ends
]);

/** Keys that scores depend on, besides the network. */
const YARDSTICK = /^(inference\.|validation\.(metric|meanOver)$|data\.(dataset|valSplit)$)/;

/** What differs between two runs. */
export type Difference = DataDifference;

/**
 * What makes a run under `now` another run than the one under `then`.
 *
 * @param session What runs now.
 */
export function differences(then: RunProvenance, session: Session): Difference[] {
  const now = provenanceOf(session);
  const isExtended = isExtensionOf(then.config, now.config);
  const keys = resultKeys().filter((key) => (
    !CHANGEABLE.has(key) && !(isExtended && EXTENDED.has(key))
  ));
  const pairs: (readonly [what: string, then: unknown, now: unknown])[] = [
    ...keys.map((key) => [key, valueAt(then.config, key), valueAt(now.config, key)] as const),
    ["segadv", then.versions.segadv, now.versions.segadv],
    ["tfjs", then.versions.tfjs, now.versions.tfjs],
    ["runtime", nameOf(then.versions.runtime), nameOf(now.versions.runtime)],
    ["backend", then.backend.name, now.backend.name],
    ["backend build", then.backend.build, now.backend.build],
    ["classes", then.data.classes, now.data.classes],
  ];
  const { train, validation } = session;
  return [
    ...pairs.filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b)).map(([what, a, b]) => ({
      text: `${what} ${JSON.stringify(a)} became ${JSON.stringify(b)}`,
      affectsScores: YARDSTICK.test(what),
    })),
    ...compareFingerprints(then.data.train, now.data.train, {
      what: "training data",
      ids: train.ids,
    }).map((difference) => ({ ...difference, affectsScores: false })),
    ...compareFingerprints(then.data.validation, now.data.validation, {
      what: "validation data",
      ids: validation.ids,
    }),
  ];
}

/** Keys that an extension changes. */
const EXTENDED: ReadonlySet<string> = new Set(["train.epochs", "schedule.extensions"]);

/** Whether a configuration adds epochs to another after its planned end, and nothing else to it. */
function isExtensionOf(then: Config, now: Config): boolean {
  const [before, after] = [then.schedule.extensions, now.schedule.extensions];
  const isKept = JSON.stringify(after.slice(0, before.length)) === JSON.stringify(before);
  const added = after.slice(before.length);
  return isKept && added.length > 0 && added[0]!.from === then.train.epochs;
}

/** `deno 2.9.6` → `deno`: engines differ in the last bit of a cosine, their versions do not. */
function nameOf(runtime: string): string {
  return runtime.split(" ")[0]!;
}
