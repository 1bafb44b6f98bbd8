import { sha256 } from "../../util/hash.ts";
import { versions } from "../../util/version.ts";
import type { RunProvenance } from "./run_state.ts";
import type { Session } from "./session.ts";

/** What has a say in the bits of a session's run. */
export function originOf({ config, backend, train }: Session): RunProvenance {
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
