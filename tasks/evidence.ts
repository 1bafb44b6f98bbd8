/**
 * The evidence of RESULTS.md: the thesis' comparison on a data set of one's own, for two networks,
 * as sweeps that may be stopped at any time and gone on with by the same command.
 *
 *     deno run -A tasks/evidence.ts --data FOLDER [--weights FILE] [--seeds 3] [--jobs 1]
 *         [--out runs/evidence] [--set key=value]
 *
 * `--weights` are ImageNet weights for ResNet-50; without them only FCN-8s is run.
 */
import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { stringify } from "yaml";

/** λ that the network's own paper gives, and a learning rate that suits it. */
const NETWORKS = [
  { name: "fcn8s", published: 5e-4, set: {} },
  {
    name: "resnet50",
    published: 1e-4,
    set: {
      "model.name": "resnet50",
      "model.width": 1,
      "model.variant": "v1.5",
      "generator.lr": 5e-3,
    },
  },
] as const;

/** The thesis' rows: λ as published, λ = 0, then D with every temperature. */
function trials(): object[] {
  const game = { "generator.l2": 0, "discriminator.lr": 1e-4 };
  const tempered = { ...game, "adversarial.mode": "temperature" };
  return [
    { name: "λ = 0", "generator.l2": 0, "adversarial.mode": "baseline" },
    { name: "Adversarial", ...game, "adversarial.mode": "adversarial" },
    { name: "T_d = 0.5", ...tempered, "adversarial.tg": 1, "adversarial.td": 0.5 },
    { name: "T_d = 2", ...tempered, "adversarial.tg": 1, "adversarial.td": 2 },
    { name: "T_g = 0.5", ...tempered, "adversarial.tg": 0.5, "adversarial.td": 1 },
    { name: "T_g = 2", ...tempered, "adversarial.tg": 2, "adversarial.td": 1 },
    {
      name: "T_g = 0.5, lr_d = 1e-7",
      ...tempered,
      "adversarial.tg": 0.5,
      "adversarial.td": 1,
      "discriminator.lr": 1e-7,
    },
  ];
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

async function main(args: string[]): Promise<void> {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args,
    options: {
      data: text,
      weights: text,
      seeds: { ...text, default: "3" },
      jobs: { ...text, default: "1" },
      out: { ...text, default: "runs/evidence" },
      set: { ...text, multiple: true, default: [] },
    },
  });
  if (values.data === undefined) throw new TypeError("Cannot run without --data FOLDER");
  for (const { name, published, set } of NETWORKS) {
    if (name === "resnet50" && values.weights === undefined) continue;
    const init = name === "resnet50" ? { "model.init": values.weights } : {};
    const grid = {
      name: `${name} on ${values.data.replace(/^.*\//, "")}`,
      preset: "camvid-small",
      set: { "data.dir": values.data, ...set, ...init },
      seeds: Number(values.seeds),
      baseline: { name: "Baseline", "generator.l2": published, "adversarial.mode": "baseline" },
      trials: trials(),
    };
    const folder = join(values.out, name);
    await mkdir(folder, { recursive: true });
    const file = join(folder, "grid.yaml");
    await writeFile(file, stringify(grid));
    const overrides = values.set.flatMap((one) => ["--set", one]);
    console.log(segadv("sweep", "plan", file, "-o", folder, ...overrides));
    console.log(segadv("sweep", "run", folder, "--jobs", values.jobs));
    const table = segadv("sweep", "table", folder);
    await writeFile(join(folder, "table.md"), table);
    console.log(table);
    console.log(segadv("report", folder, "-o", join(folder, "report.html")));
  }
}

if (import.meta.main) await main(process.argv.slice(2));
