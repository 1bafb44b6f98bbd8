/**
 * A sweep on a Kubernetes cluster.
 *
 * @module
 */
import { stringify } from "yaml";
import type { SweepPlan } from "./plan_sweep.ts";

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
