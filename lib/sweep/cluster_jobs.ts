/**
 * A sweep on a cluster: scripts for Slurm, a manifest for Kubernetes.
 *
 * @module
 */
import { shellWord } from "../util/shell.ts";
import type { SweepPlan } from "./plan_sweep.ts";
import { stringify } from "yaml";

/** What the scripts are made for. */
export interface SlurmOptions {
  /** Absolute path of the sweep's folder, which all nodes see. */
  folder: string;
  /** What starts the command line: `["deno", "run", "-A", "/home/me/segadv/cli/mod.ts"]`. */
  command: readonly string[];
  /** Absolute path of the folder to start in. */
  cwd: string;
  /** Partition to queue in. */
  partition?: string | undefined;
  /** Time limit of a trial, as Slurm writes it; an unfinished trial is queued again. */
  time?: string | undefined;
  /** Generic resources, such as `gpu:1`. */
  gres?: string | undefined;
  /** Trials at a time; all if left out. */
  parallel?: number | undefined;
  /**
   * Cores of one trial.
   * @default 1
   */
  cpus?: number | undefined;
}

/** The files of `sweep slurm`. */
export interface SlurmScripts {
  /** The array job: one task a trial. */
  array: string;
  /** The job that makes the table when all tasks have ended. */
  summary: string;
  /** Submits both and prints their ids. */
  submit: string;
}

/** Seconds before the time limit at which a trial gets the signal to save and stop. */
const NOTICE = 60;

/**
 * Writes the scripts: an array job whose tasks save and queue themselves again when their node is
 * wanted (SIGTERM), their time is nearly up (SIGUSR1) or their node dies, and a job that depends on
 * it and makes the table.
 *
 * @throws {RangeError} If a value cannot stand in a script.
 * @example
 * ```ts
 * import { parseGrid, planSweep, slurmScripts } from "@segadv/segadv/sweep";
 * import assert from "node:assert/strict";
 *
 * const grid = "{ preset: fixtures, axes: { adversarial.tg: [0.5, 2] } }";
 * const { plan } = await planSweep(parseGrid(grid, "grid.yaml"));
 * const { array } = slurmScripts(plan, { folder: "/s", command: ["segadv"], cwd: "/" });
 * assert.match(array, /^#SBATCH --array=0-1$/m);
 * ```
 */
export function slurmScripts(plan: SweepPlan, options: SlurmOptions): SlurmScripts {
  const { folder, command, cwd } = options;
  const logs = `${folder}/slurm`;
  const program = command.map(shellWord).join(" ");
  const head = (lines: (string | null)[]): string =>
    ["#!/bin/bash", ...lines.filter((line) => line !== null).map((line) => `#SBATCH ${line}`)]
      .join("\n");
  const where = [
    directive("partition", options.partition),
    `--job-name=${plain(plan.name)}`,
    `--chdir=${plain(cwd)}`,
  ];
  const limit = options.parallel === undefined ? "" : `%${options.parallel}`;
  const array = `${
    head([
      `--array=0-${plan.trials.length - 1}${limit}`,
      ...where,
      directive("time", options.time),
      directive("gres", options.gres),
      `--cpus-per-task=${options.cpus ?? 1}`,
      "--requeue",
      "--open-mode=append",
      `--signal=B:USR1@${NOTICE}`,
      `--output=${plain(logs)}/%A_%a.log`,
    ])
  }
# One trial. At a signal it saves and is queued again; the next start goes on from there.
# A cluster that wants its node may have signalled the trial itself: this signal comes after that
trap 'signalled=1; sleep 0.5; kill -USR1 "$!" 2>/dev/null' USR1 TERM
${program} sweep run ${shellWord(folder)} --index "$SLURM_ARRAY_TASK_ID" &
signalled=1
while [ "$signalled" ]; do # a trap ends wait, not the trial: only without one is $? its exit code
  signalled=
  wait "$!"
  code=$?
done
case "$code" in
  130 | 138 | 143) exec scontrol requeue "\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}" ;; # saved
esac
exit "$code"
`;
  const summary = `${head([...where, `--output=${plain(logs)}/summary.log`])}
set -e
${program} sweep status ${shellWord(folder)}
for format in md csv; do # no reader sees half a table
  ${program} sweep table ${shellWord(folder)} --format "$format" > ${
    shellWord(`${folder}/table.part`)
  }
  mv ${shellWord(`${folder}/table.part`)} ${shellWord(folder)}/"table.$format"
done
`;
  const submit = `#!/bin/bash
# Submits the trials and the table that follows them. Submitting again runs only what is unfinished.
set -e
trials=$(sbatch --parsable ${shellWord(`${logs}/array.sh`)})
table=$(sbatch --parsable --dependency="afterany:$trials" ${shellWord(`${logs}/summary.sh`)})
echo "trials: job $trials, table: job $table"
`;
  return { array, summary, submit };
}

function directive(name: string, value: string | undefined): string | null {
  return value === undefined ? null : `--${name}=${plain(value)}`;
}

/** A value of an #SBATCH line, which knows no quoting that all versions agree on. */
function plain(value: string): string {
  if (/^[\w./:,=@%+-]+$/.test(value)) return value;
  throw new RangeError(
    `Cannot write "${value}" into an #SBATCH line: letters, digits and ./:,=@%+-_ only`,
  );
}

/** What the manifest is made for. */
export interface KubernetesOptions {
  /** Container image with Deno, such as `denoland/deno:2.9.6`. */
  image: string;
  /** Claim of the volume that holds the sweep's folder at its root. */
  claim: string;
  /** Trials at a time. */
  parallel: number;
  /** GPUs of one trial; 0 for none. */
  gpus: number;
}

/** Exit codes of a trial that saved and ended at a signal. */
const INTERRUPTED = [130, 138, 143];

/** Where the volume is mounted. */
const MOUNT = "/sweep";

/**
 * Writes an Indexed Job: one completion a trial, the index in `JOB_COMPLETION_INDEX`, two retries
 * each. A pod that is evicted saves on SIGTERM and its successor goes on; that is no failure, and
 * counts as no retry.
 *
 * @example
 * ```ts
 * import { kubernetesJob, parseGrid, planSweep } from "@segadv/segadv/sweep";
 * import assert from "node:assert/strict";
 *
 * const grid = "{ preset: fixtures, axes: { adversarial.tg: [0.5, 2] } }";
 * const { plan } = await planSweep(parseGrid(grid, "grid.yaml"));
 * const manifest = kubernetesJob(plan, { image: "deno", claim: "data", parallel: 2, gpus: 0 });
 * assert.match(manifest, /completions: 2/);
 * ```
 */
export function kubernetesJob(plan: SweepPlan, options: KubernetesOptions): string {
  const { image, claim, parallel, gpus } = options;
  const name = `segadv-${plan.name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`.slice(0, 50)
    .replace(/-+$/, "");
  const completions = plan.trials.length;
  const job = {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, labels: { app: "segadv" } },
    spec: {
      completionMode: "Indexed",
      completions,
      parallelism: Math.min(parallel, completions),
      backoffLimitPerIndex: 2,
      podFailurePolicy: {
        rules: [
          { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] },
          { action: "Ignore", onExitCodes: { operator: "In", values: INTERRUPTED } },
        ],
      },
      template: {
        metadata: { labels: { app: "segadv" } },
        spec: {
          restartPolicy: "Never",
          terminationGracePeriodSeconds: 120,
          containers: [{
            name: "trial",
            image,
            command: ["deno", "run", "-A", "jsr:@segadv/cli", "sweep", "run", MOUNT],
            env: [{ name: "SEGADV_JOB", value: name }],
            ...(gpus > 0 ? { resources: { limits: { "nvidia.com/gpu": gpus } } } : {}),
            volumeMounts: [{ name: "sweep", mountPath: MOUNT }],
          }],
          volumes: [{ name: "sweep", persistentVolumeClaim: { claimName: claim } }],
        },
      },
    },
  };
  const head = "# The index of a trial comes from JOB_COMPLETION_INDEX; then: sweep table\n";
  return head + stringify(job, { lineWidth: 0, aliasDuplicateObjects: false });
}
