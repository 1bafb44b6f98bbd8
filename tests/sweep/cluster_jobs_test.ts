import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import type { SweepPlan, Trial } from "../../lib/sweep/plan_sweep.ts";
import { kubernetesJob, slurmScripts } from "../../lib/sweep/cluster_jobs.ts";
import { eventually } from "../support/eventually.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { parse } from "yaml";
import { z } from "zod";

const temporaryFolder = temporaryFolders();

function trial(index: number): Trial {
  return { index, id: `${index}`, condition: "a", seed: index };
}
const plan: SweepPlan = {
  name: "t",
  score: "last",
  seeds: [0, 1],
  conditions: [],
  trials: [trial(0), trial(1)],
};
const options = { folder: "/data/it's", command: ["deno", "run", "-A", "x y.ts"], cwd: "/home" };

/** Writes a program. */
async function program(path: string, text: string): Promise<void> {
  await writeFile(path, `#!/bin/bash\n${text}\n`);
  await chmod(path, 0o755);
}

/**
 * Runs the array script with a trial that does `onNotice` when it gets the signal, sends it a
 * signal, and returns how the script ended and what it asked of the cluster.
 */
async function noticed(
  { onNotice, signal }: { onNotice: string; signal: NodeJS.Signals },
): Promise<{ code: number; asked: string }> {
  let outcome = { code: NaN, asked: "" };
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  await program(
    file("trial"),
    `trap '${onNotice}' USR1\ntouch ${file("ready")}\nwhile :; do sleep 0.05; done`,
  );
  await program(file("scontrol"), `echo "$*" >> ${file("asked")}`);
  const scripts = slurmScripts(plan, { folder, command: [file("trial")], cwd: folder });
  await program(file("array"), scripts.array);
  const job = spawn(file("array"), {
    env: {
      PATH: `${folder}${delimiter}${process.env["PATH"]}`,
      SLURM_ARRAY_TASK_ID: "1",
      SLURM_ARRAY_JOB_ID: "7",
    },
  });
  const ended = once(job, "exit");
  await eventually(() => readFile(file("ready")).then(() => true, () => false));
  process.kill(job.pid!, signal); // Deno takes a child signalled by job.kill for killed
  const [code] = await ended as [number];
  outcome = { code, asked: await readFile(file("asked"), "utf8").catch(() => "") };

  return outcome;
}

describe("slurmScripts()", () => {
  test("slurmScripts() says what was asked for and leaves the rest to the cluster", () => {
    const usual = slurmScripts(plan, { ...options, folder: "/data" }).array;
    assert.doesNotMatch(usual, /partition|--time|gres/);
    const { array, summary } = slurmScripts(plan, {
      ...options,
      folder: "/data",
      partition: "gpu",
      time: "1:00:00",
      gres: "gpu:1",
      parallel: 3,
    });
    for (const line of ["--array=0-1%3", "--partition=gpu", "--time=1:00:00", "--gres=gpu:1"]) {
      assert.ok(array.includes(`#SBATCH ${line}\n`), line);
    }
    assert.ok(array.includes("#SBATCH --requeue\n"));
    assert.ok(summary.includes("#SBATCH --partition=gpu\n"));
    assert.doesNotMatch(summary, /gres|--time/);
  });

  test("slurmScripts() are scripts that bash can read", () => {
    for (const text of Object.values(slurmScripts(plan, { ...options, folder: "/data" }))) {
      execFileSync("bash", ["-n"], { input: text });
    }
  });

  test("slurmScripts() queue a trial again that has saved, whichever notice it had", async () => {
    for (const signal of ["SIGUSR1", "SIGTERM"] as const) {
      const saved = await noticed({ onNotice: "exit 138", signal });
      assert.deepEqual(saved, { code: 0, asked: "requeue 7_1\n" }, signal);
    }
  });

  test("slurmScripts() do not queue a trial again that failed or finished at the notice", async () => {
    // also while the notice is still being passed on
    for (const onNotice of ["exit 1", "sleep 1; exit 1", "exit 0"]) {
      const { code, asked } = await noticed({ onNotice, signal: "SIGUSR1" });
      assert.deepEqual([code, asked], [onNotice.endsWith("1") ? 1 : 0, ""], onNotice);
    }
  });

  test("slurmScripts() refuses a path that an #SBATCH line cannot hold", () => {
    assert.throws(() => slurmScripts(plan, options), /Cannot write "\/data\/it's\/slurm"/);
  });
});

/** A DNS label, as the names of most objects must be (RFC 1123). */
const label = z.string().max(63).regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
const labels = z.record(z.string(), z.string().regex(/^[A-Za-z0-9]([-\w.]*[A-Za-z0-9])?$/));
const whole = z.int().nonnegative();

/** The part of batch/v1 Job that the manifest may use; anything else is refused. */
const job = z.strictObject({
  apiVersion: z.literal("batch/v1"),
  kind: z.literal("Job"),
  metadata: z.strictObject({ name: label, labels }),
  spec: z.strictObject({
    completionMode: z.literal("Indexed"),
    completions: z.int().positive(),
    parallelism: whole,
    backoffLimitPerIndex: whole,
    // allowed with restartPolicy Never only; a rule has either of the two conditions
    podFailurePolicy: z.strictObject({
      rules: z.array(z.union([
        z.strictObject({
          action: z.enum(["FailJob", "FailIndex", "Ignore", "Count"]),
          onPodConditions: z.array(z.strictObject({ type: z.string() })).min(1),
        }),
        z.strictObject({
          action: z.enum(["FailJob", "FailIndex", "Ignore", "Count"]),
          onExitCodes: z.strictObject({
            operator: z.enum(["In", "NotIn"]),
            // unique, in order, and never 0 with In
            values: z.array(z.int().min(1).max(255)).min(1)
              .refine((all) => all.every((code, i) => i === 0 || code > all[i - 1]!)),
          }),
        }),
      ])),
    }),
    template: z.strictObject({
      metadata: z.strictObject({ labels }),
      spec: z.strictObject({
        // backoffLimitPerIndex is allowed with Never only
        restartPolicy: z.literal("Never"),
        terminationGracePeriodSeconds: whole,
        containers: z.array(z.strictObject({
          name: label,
          image: z.string().min(1),
          command: z.array(z.string()),
          env: z.array(z.strictObject({ name: z.string(), value: z.string() })),
          resources: z.optional(z.strictObject({ limits: z.record(z.string(), whole) })),
          volumeMounts: z.array(z.strictObject({ name: label, mountPath: z.string() })),
        })).length(1),
        volumes: z.array(z.strictObject({
          name: label,
          persistentVolumeClaim: z.strictObject({ claimName: label }),
        })),
      }),
    }),
  }),
});

function planOf(name: string, count: number): SweepPlan {
  const trials = Array.from({ length: count }, (_, index) => (
    { index, id: `${index}`, condition: "a", seed: 1 }
  ));
  return { name, score: "last", seeds: [1], conditions: [], trials };
}

describe("kubernetesJob()", () => {
  test("kubernetesJob() keeps to the schema of batch/v1 Job", () => {
    for (
      const name of ["tiny", "λ-Pool of Table 4-2, with a very long name that goes on and on …"]
    ) {
      const options = { image: "denoland/deno:2.9.6", claim: "data", parallel: 8, gpus: 1 };
      const manifest = job.parse(parse(kubernetesJob(planOf(name, 5), options)));
      assert.equal(manifest.spec.completions, 5);
      assert.equal(manifest.spec.parallelism, 5);
      assert.deepEqual(manifest.spec.template.spec.containers[0]!.resources!.limits, {
        "nvidia.com/gpu": 1,
      });
    }
  });

  test("kubernetesJob() asks for no GPU where none is wanted", () => {
    const options = { image: "deno", claim: "data", parallel: 2, gpus: 0 };
    const { spec } = job.parse(parse(kubernetesJob(planOf("t", 3), options)));
    assert.equal(spec.template.spec.containers[0]!.resources, undefined);
    assert.equal(spec.parallelism, 2);
  });
});
