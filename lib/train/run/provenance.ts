/**
 * What the result of a run depends on, and how that of two runs differs.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import { resultKeys, valueAt } from "../../config/schema.ts";
import { sha256 } from "../../util/hash.ts";
import { type Versions, versions } from "../../util/version.ts";
import type { Session } from "./session.ts";

/** What the bits of a run depend on. */
export interface RunProvenance {
  config: Config;
  versions: Versions;
  /** Name and build of the backend. */
  backend: { name: string; build: string };
  data: {
    classes: string[];
    /** Samples in the training split, and the SHA-256 of their names in order. */
    samples: number;
    idsSha256: string;
  };
}

/** What the bits of a session's run depend on. */
export function provenanceOf({ config, backend, train }: Session): RunProvenance {
  return {
    config,
    versions: versions(),
    backend: { name: backend.name, build: backend.build },
    data: {
      classes: train.classes.map(({ name }) => name),
      samples: train.ids.length,
      idsSha256: sha256([new TextEncoder().encode(train.ids.join("\n"))]),
    },
  };
}

/** Keys that affect the result, and that a resumed run may change all the same. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  "backend", // the one in use is compared
  "deterministic", // the build of the kernels is compared
  "data.onCorrupt", // what was skipped before stays as it was
  "train.maxSteps", // where it ends
]);

/** What makes a run under `now` another run than the one under `then`, a line each. */
export function differences(then: RunProvenance, now: RunProvenance): string[] {
  const pairs: (readonly [what: string, then: unknown, now: unknown])[] = [
    ...resultKeys().filter((key) => !CHANGEABLE.has(key)).map((key) => (
      [key, valueAt(then.config, key), valueAt(now.config, key)] as const
    )),
    ["segadv", then.versions.segadv, now.versions.segadv],
    ["tfjs", then.versions.tfjs, now.versions.tfjs],
    ["runtime", nameOf(then.versions.runtime), nameOf(now.versions.runtime)],
    ["backend", then.backend.name, now.backend.name],
    ["backend build", then.backend.build, now.backend.build],
    ["classes", then.data.classes, now.data.classes],
    ["training samples", then.data.samples, now.data.samples],
    ["names of the training samples", then.data.idsSha256, now.data.idsSha256],
  ];
  return pairs.filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b))
    .map(([what, a, b]) => `${what} ${JSON.stringify(a)} became ${JSON.stringify(b)}`);
}

/** `deno 2.9.6` → `deno`: engines differ in the last bit of a cosine, their versions do not. */
function nameOf(runtime: string): string {
  return runtime.split(" ")[0]!;
}
