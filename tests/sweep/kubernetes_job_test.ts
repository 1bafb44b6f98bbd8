import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { z } from "zod";
import { kubernetesJob } from "../../lib/sweep/kubernetes_job.ts";
import type { SweepPlan } from "../../lib/sweep/plan_sweep.ts";

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

function plan(name: string, count: number): SweepPlan {
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
      const manifest = job.parse(parse(kubernetesJob(plan(name, 5), options)));
      assert.equal(manifest.spec.completions, 5);
      assert.equal(manifest.spec.parallelism, 5);
      assert.deepEqual(manifest.spec.template.spec.containers[0]!.resources!.limits, {
        "nvidia.com/gpu": 1,
      });
    }
  });

  test("kubernetesJob() asks for no GPU where none is wanted", () => {
    const options = { image: "deno", claim: "data", parallel: 2, gpus: 0 };
    const { spec } = job.parse(parse(kubernetesJob(plan("t", 3), options)));
    assert.equal(spec.template.spec.containers[0]!.resources, undefined);
    assert.equal(spec.parallelism, 2);
  });
});
