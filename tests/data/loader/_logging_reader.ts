/**
 * A data set of tests that workers can open: twelve samples of one colour each, in 4×6 pixels, and
 * 260 in the split `many`. Each
 * reading adds its index as a byte to the file `log` of its folder; where there is a file `die-3`,
 * reading sample 3 removes it and ends the worker.
 */
import { appendFileSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { datasetReaders } from "../../../lib/data/registry.ts";

datasetReaders.register({
  name: "logging",
  summary: "samples that tell when they are read",
  needsDir: true,
  module: import.meta.url,
  matches: () => Promise.resolve(false),
  open({ dir, split }) {
    return Promise.resolve({
      name: "logging",
      split,
      classes: [{ name: "only", color: [0, 0, 0] }],
      ignoreLabel: 255,
      ids: Array.from({ length: split === "many" ? 260 : 12 }, (_, i) => `s${i}`),
      read(index) {
        appendFileSync(join(dir!, "log"), Uint8Array.of(index));
        const trap = join(dir!, `die-${index}`);
        if (existsSync(trap)) {
          rmSync(trap);
          process.exit(1);
        }
        const size = { width: 6, height: 4 };
        return Promise.resolve({
          id: `s${index}`,
          image: { ...size, data: new Uint8Array(72).fill(index) },
          label: { ...size, data: new Uint8Array(24) },
        });
      },
    });
  },
});
