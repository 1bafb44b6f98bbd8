/** SegFormer and Fast-SCNN against PyTorch (tasks/goldens/transformers.py). */
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import goldens from "../../fixtures/goldens/transformers.json" with { type: "json" };
import { useBackend } from "../../lib/backend/use_backend.ts";
import { buildModel } from "../../lib/models/build_model.ts";
import { initializeFrom } from "../../lib/models/persistence/initialize.ts";
import {
  type TensorSource,
  writeSafetensors,
} from "../../lib/weights/formats/write_safetensors.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { anyInitial, type Case, describeNetworks, type Goldens } from "./_torch_networks.ts";
import { compareLogits } from "./_torch_states.ts";

const newFolder = temporaryFolders();

describeNetworks("SegFormer and Fast-SCNN", goldens as unknown as Goldens, {
  newFolder,
  optionsOf: () => ({ dropout: 0 }),
});

/** From transformers' names to the authors', in the order in which they are replaced. */
const AUTHORS: readonly [from: RegExp, to: (stage: number) => string][] = [
  [/^segformer\.encoder\./, () => "backbone."],
  [/patch_embeddings\.(\d)\.layer_norm/, (stage) => `patch_embed${stage}.norm`],
  [/patch_embeddings\.(\d)/, (stage) => `patch_embed${stage}`],
  [/\.layer_norm\.(\d)/, (stage) => `.norm${stage}`],
  [/block\.(\d)/, (stage) => `block${stage}`],
  [/attention\.self\.query/, () => "attn.q"],
  [/attention\.self\.(key|value)/, () => "attn.kv"],
  [/attention\.self\.layer_norm/, () => "attn.norm"],
  [/attention\.self\.sr/, () => "attn.sr"],
  [/attention\.output\.dense/, () => "attn.proj"],
  [/layer_norm_1/, () => "norm1"],
  [/layer_norm_2/, () => "norm2"],
  [/mlp\.dense1/, () => "mlp.fc1"],
  [/mlp\.dense2/, () => "mlp.fc2"],
  [/linear_c\.(\d)/, (stage) => `linear_c${stage}`],
  [/linear_fuse/, () => "linear_fuse.conv"],
  [/decode_head\.batch_norm/, () => "decode_head.linear_fuse.bn"],
  [/decode_head\.classifier/, () => "decode_head.linear_pred"],
];

/** From the authors' to those of segmentation_models_pytorch. */
const SMP: readonly [from: RegExp, to: (stage: number) => string][] = [
  [/^backbone\./, () => "encoder."],
  [/decode_head\.linear_c(\d)\.proj/, (stage) => `decoder.mlp_stage.${5 - stage}.linear`],
  [/decode_head\.linear_fuse\.conv/, () => "decoder.fuse_stage.0"],
  [/decode_head\.linear_fuse\.bn/, () => "decoder.fuse_stage.1"],
  [/decode_head\.linear_pred/, () => "segmentation_head.0"],
];

function renamed(name: string, rules: typeof AUTHORS): string {
  return rules.reduce(
    (text, [from, to]) => text.replace(from, (_, index) => to(Number(index) + 1)),
    name,
  );
}

describe("initializeFrom()", () => {
  before(() => useBackend({ backend: "wasm", threads: 1 }));

  for (
    const [origin, rules] of [
      ["NVlabs' SegFormer", AUTHORS],
      ["segmentation_models_pytorch", [...AUTHORS, ...SMP]],
    ] as const
  ) {
    test(`initializeFrom() of a file of ${origin} gives PyTorch's logits`, async () => {
      const golden = (goldens.cases as unknown as Case[]).find(({ name }) =>
        name === "segformer-b0"
      )!;
      // Keys and values are one tensor, keys first
      const parts = new Map<string, { names: string[]; shape: number[] }>();
      for (const [name, shape] of Object.entries(golden.shapes)) {
        const key = renamed(name, rules);
        const entry = parts.get(key) ?? { names: [], shape: [0, ...shape.slice(1)] };
        entry.names.push(name);
        entry.shape[0] = (entry.shape[0] ?? 0) + (shape[0] ?? 0);
        parts.set(key, shape.length === 0 ? { names: [name], shape } : entry);
      }
      const tensors = [...parts].map(([name, { names, shape }]): TensorSource => ({
        name,
        dtype: "F32",
        shape,
        read: () =>
          Float32Array.from(
            names.flatMap((part) => [...anyInitial(part, golden.shapes[part]!)]),
          ),
      }));
      const path = join(newFolder(), "state.safetensors");
      await writeSafetensors(path, tensors);
      const { classes, width, name } = golden;
      const model = buildModel({ name, width, dropout: 0 }, { classes, seed: 1 });
      const report = await initializeFrom(model, path);
      assert.deepEqual([report.fresh, report.zero, report.origin], [[], [], origin]);
      await compareLogits(model, golden);
      model.layers.dispose();
    });
  }
});
