/**
 * The evidence of RESULTS.md: the thesis' comparison on a data set of one's own, for two networks,
 * as sweeps that may be stopped at any time and gone on with by the same command.
 *
 *     deno run -A tasks/evidence.ts --data FOLDER [--weights FILE] [--seeds [NETWORK:]3]…
 *         [--jobs 1] [--out runs/evidence] [--set [NETWORK:]key=value]… [--results RESULTS.md]
 *     deno run -A tasks/evidence.ts --results RESULTS.md [--out runs/evidence]
 *
 * `--weights` are ImageNet weights for ResNet-50; without them only FCN-8s is run. `--set` and
 * `--seeds` hold for one network where they name it: `--set resnet50:optimizer.lr=0.01`. `--results` writes tables and
 * figure of what has finished into the page, between its markers; without `--data`, that is all.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stringify } from "yaml";
import { differenceFigure } from "../lib/report/mod.ts";
import { writeFileAtomic } from "../lib/util/files.ts";
import { evidenceGrid, NETWORKS } from "./evidence/grid.ts";
import { type Provenance, readEvidence, readProvenance } from "./evidence/read_evidence.ts";
import { resultsPage } from "./evidence/results_page.ts";

/** What the command line says. */
interface Arguments {
  data?: string | undefined;
  weights?: string | undefined;
  seeds: string[];
  jobs: string;
  out: string;
  set: string[];
}

function segadv(...args: string[]): string {
  const cli = fileURLToPath(new URL("../cli/mod.ts", import.meta.url));
  const { status, stdout } = spawnSync(process.execPath, ["run", "-A", cli, ...args], {
    stdio: ["inherit", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) process.exit(status ?? 1);
  return stdout;
}

/** Plans and runs what is unfinished of each network. */
async function run(args: Arguments & { data: string }): Promise<void> {
  const { data, weights, jobs, out } = args;
  for (const network of NETWORKS) {
    const { name } = network;
    if (name === "resnet50" && weights === undefined) continue;
    const init = name === "resnet50" ? weights : undefined;
    const grid = evidenceGrid(network, {
      data,
      weights: init,
      seeds: Number(settingsFor(name, args.seeds).at(-1) ?? 3),
    });
    const folder = join(out, name);
    await mkdir(folder, { recursive: true });
    const file = join(folder, "grid.yaml");
    await writeFile(file, stringify(grid));
    await remember(folder);
    const overrides = settingsFor(name, args.set).flatMap((setting) => ["--set", setting]);
    console.log(segadv("sweep", "plan", file, "-o", folder, ...overrides));
    console.log(segadv("sweep", "run", folder, "--jobs", jobs));
    console.log(segadv("sweep", "table", folder));
    console.log(segadv("report", folder, "-o", join(folder, "report.html")));
  }
}

/** What holds for a network, of `[NETWORK:]setting`. */
function settingsFor(name: string, settings: readonly string[]): string[] {
  return settings.flatMap((one) => {
    const [, only, setting] = /^(?:(\w+):)?(.*)$/s.exec(one)!;
    return only === undefined || only === name ? [setting!] : [];
  });
}

/** Notes what works on a sweep, unless it is what did so before. */
async function remember(folder: string): Promise<void> {
  const git = ["describe", "--always", "--dirty", "--abbrev=12"];
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  let commit = "no git checkout";
  try {
    commit = execFileSync("git", git, { cwd, encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    // an unpacked copy
  }
  const { deno, bun, node } = process.versions as Record<string, string | undefined>;
  const runtime = deno !== undefined ? `Deno ${deno}` : bun !== undefined ? `Bun ${bun}` : node!;
  const words = process.argv.slice(2).map((word) => /\s/.test(word) ? `'${word}'` : word);
  const command = `deno run -A tasks/evidence.ts ${words.join(" ")}`;
  const now: Provenance = { commit, runtime, command };
  const last = (await readProvenance(folder)).at(-1);
  if (JSON.stringify(now) === JSON.stringify(last)) return;
  await appendFile(join(folder, "provenance.jsonl"), `${JSON.stringify(now)}\n`);
}

/** Writes page and figure. */
async function write(page: string, { out }: { out: string }): Promise<void> {
  const evidence = (await readEvidence(out)).filter(({ runs }) => runs.length > 0);
  const tables = evidence.map(({ toBest }) => toBest);
  const figure = differenceFigure(tables);
  if (figure === null) {
    throw new Error(`Cannot write ${page}: nothing below ${out} can be compared`);
  }
  const picture = page.replace(/(\.md)?$/, ".svg");
  const before = await readFile(page, "utf8").catch(() => null);
  await writeFileAtomic(picture, `${figure.svg}\n`);
  const text = resultsPage(before, { evidence, figure: picture.replace(/^.*\//, "") });
  await writeFileAtomic(page, text);
  spawnSync("deno", ["fmt", "-q", page]);
  console.log(`wrote ${page} and ${picture}`);
}

async function main(args: string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      data: text,
      weights: text,
      seeds: { ...text, multiple: true, default: [] },
      jobs: { ...text, default: "1" },
      out: { ...text, default: "runs/evidence" },
      set: { ...text, multiple: true, default: [] },
      results: text,
    },
  });
  const { data, results } = values;
  if (data === undefined && results === undefined) {
    throw new TypeError("Cannot run without --data FOLDER or --results FILE");
  }
  if (data !== undefined) await run({ ...values, data });
  if (results !== undefined) await write(results, values);
}

if (import.meta.main) await main(process.argv.slice(2));
