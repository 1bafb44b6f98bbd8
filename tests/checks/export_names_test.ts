import assert from "node:assert/strict";
import { test } from "node:test";
import { checkExportNames } from "../../tasks/checks/export_names.ts";
import { treeOf } from "./_tree_file.ts";

test("checkExportNames() accepts an operation of several backends, and what commands share", () => {
  const files = treeOf({
    "lib/engine/ops/a.ts": "export function conv(): void {}\n",
    "lib/engine/webgpu/kernels/a.ts": "export const conv = 1;\n",
    "cli/commands/a.ts": "export function build(): void {}\n",
    "cli/commands/b.ts": "export function build(): void {}\n",
    "cli/commands/c.ts": "export function run(): void {}\n",
    "cli/actions/a.ts": "export function run(): void {}\n",
    "lib/train/mod.ts": 'export { Batch } from "./batch.ts";\n',
    "lib/train/batch.ts": "export interface Batch {}\n",
    "tests/batch.ts": "export interface Batch {}\n",
  });
  assert.deepEqual(checkExportNames(files), []);
});

test("checkExportNames() finds two things of one name", () => {
  const files = treeOf({
    "lib/data/batch.ts": "export interface Batch {}\n",
    "lib/train/step.ts": "export type Batch = 1;\n",
    "cli/commands/a.ts": "export class Progress {}\n",
    "lib/report/progress.ts": "export const Progress = 1;\n",
  });
  assert.deepEqual(checkExportNames(files).map(({ path, message }) => `${path} ${message}`), [
    "lib/train/step.ts It exports Batch, as lib/data/batch.ts does: rename one",
    "lib/report/progress.ts It exports Progress, as cli/commands/a.ts does: rename one",
  ]);
});
