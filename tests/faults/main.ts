/**
 * `deno task faults`: the long form of the fault tests, in pieces. What is done is kept in
 * `runs/faults.json`, so that the command can be interrupted and given again; it ends with a table
 * of figures for RELIABILITY.md.
 *
 *     deno task faults [kill flips fuzz disk writes soak …] [--pieces 1] [--fresh] [--short]
 *
 * - names choose parts;
 * - `--pieces N` does at most so many pieces;
 * - `--table` does none, and prints the table of what is done;
 * - `--fresh` forgets what was done before of the chosen parts;
 * - `--short` does a hundredth of it.
 */
import { mkdir, readFile } from "node:fs/promises";
import process from "node:process";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../../lib/util/files.ts";
import { useBackend } from "../../lib/backend/use_backend.ts";
import { type DoneReport, faultTest, faultTestNames } from "./parts.ts";

/** Reports of the pieces that are done, by part; an entry's index is its seed less one. */
type State = Record<string, DoneReport[]>;

async function main(args: string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      pieces: { type: "string", default: "1000000" },
      table: { type: "boolean", default: false },
      fresh: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
    },
  });
  const unknown = positionals.find((name) => !faultTestNames.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot do "${unknown}": parts are ${faultTestNames.join(", ")}`);
  }
  const chosen = positionals.length === 0 ? faultTestNames : positionals;
  await mkdir("runs", { recursive: true });
  const file = values.short ? "runs/faults-short.json" : "runs/faults.json";
  const state: State = await readFile(file, "utf8").then(JSON.parse, () => ({}));
  if (values.fresh) { for (const name of chosen) delete state[name]; }
  let left = values.table ? 0 : Number(values.pieces);
  if (left > 0) await useBackend({ backend: "wasm", threads: 2 });
  for (const name of chosen) {
    const part = faultTest(name, { scale: values.short ? 0.01 : 1 });
    const done = state[name] ??= [];
    for (; left > 0 && done.length < part.pieces; left--) {
      const begun = performance.now();
      const report = await part.run(done.length + 1);
      const seconds = Math.round((performance.now() - begun) / 1000);
      done.push({ ...report, seconds });
      await writeFileAtomic(file, JSON.stringify(state));
      console.log(`${name} ${done.length}/${part.pieces}, ${seconds} s`);
    }
  }
  console.log("\n| test | done | outcome |\n| --- | --- | --- |");
  let failed = false;
  for (const name of chosen) {
    const part = faultTest(name, { scale: 1 });
    const done = state[name] ?? [];
    const faults = done.flatMap((report) => part.faults(report));
    failed ||= faults.length > 0;
    const outcome = done.length === 0 ? "" : `${part.figures(done)}; ${faults.length} faults`;
    console.log(`| ${name} | ${done.length}/${part.pieces} | ${outcome} |`);
    for (const fault of faults) console.error(`${name}: ${fault}`);
  }
  process.exit(failed ? 1 : 0);
}

if (import.meta.main) await main(process.argv.slice(2));
