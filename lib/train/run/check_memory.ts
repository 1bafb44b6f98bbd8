/** What a run will ask of the device and the disk, held against what they have. */
import type { Config } from "../../config/config.ts";
import { microBatchCount } from "../../config/run_config.ts";
import { assertTensorFits } from "../../engine/webgpu/limits.ts";
import { inspectModel, largestTensor } from "../../models/inspect_model.ts";
import { networks } from "../../models/networks/registry.ts";
import type { SegmentationModel } from "../../models/segmentation_model.ts";
import type { BackendInfo } from "../../backend/use_backend.ts";
import { nameList } from "../../util/describe_issue.ts";
import { freeBytes } from "../../util/files.ts";
import { mebibytes } from "../../util/format.ts";

/**
 * Refuses a run whose largest tensor the device cannot bind: over the limit, WebGPU silently
 * computes zeros.
 *
 * @throws {RangeError} Naming the tensor, its size, the limit and what to lower.
 */
export function checkDeviceLimits(
  config: Config,
  options: { classes: number; backend: BackendInfo },
): void {
  const { classes, backend } = options;
  const limit = backend.largestTensorBytes;
  if (limit === null) return;
  const { batch: whole, crop: input } = config.data;
  const batch = whole / microBatchCount(config.train);
  const { model, adversarial: { enabled, discriminator } } = config;
  const reports = [inspectModel(model, { classes, input })];
  if (enabled) {
    reports.push(
      inspectModel({ ...discriminator, imageChannels: config.data.channels }, { classes, input }),
    );
  }
  const largest = reports
    .map((report) => largestTensor(report, { batch }))
    .reduce((a, b) => a.bytes > b.bytes ? a : b);
  const what = `${largest.name} [${largest.shape}]`;
  assertTensorFits(largest.bytes, what, { bytes: limit, device: backend.device });
}

/**
 * Refuses `train.gradientCheckpointing` for a network that no layer separates into stages.
 *
 * @param model One of the caller's, in the place of the configuration's.
 * @throws {RangeError} Naming the network and what to set.
 */
export function checkCheckpointing(
  { train, model: { name } }: Config,
  model?: Pick<SegmentationModel, "name" | "stages">,
): void {
  if (!train.gradientCheckpointing) return;
  const { stages = [] } = model ?? networks.get(name);
  if (stages.length > 0) return;
  const cannot = `Cannot train ${model?.name ?? name} with train.gradientCheckpointing true: `;
  if (model !== undefined) {
    throw new RangeError(
      `${cannot}it names no stages; pass stages to fromLayersModel, or set train.gradientCheckpointing to false`,
    );
  }
  const others = [...networks].filter((entry) => entry.stages.length > 0).map(({ name }) => name);
  throw new RangeError(
    `${cannot}no layer of it separates the first stages from the rest; set it to false and raise ` +
      `train.gradientAccumulation instead (train.batchNorm exact: bit-identical), or take one of ${
        nameList(others)
      }`,
  );
}

/**
 * Refuses a run that would fill the disk.
 *
 * @param needed Bytes of all that it will write.
 * @throws {Error} Naming the folder, what is needed and what is free.
 */
export async function checkDiskSpace(path: string, needed: number): Promise<void> {
  const free = await freeBytes(path);
  if (free !== null && free < needed) {
    throw new Error(
      `Cannot write a run to ${path}: it needs ${mebibytes(needed)} and ${mebibytes(free)} are ` +
        "free; choose another --out, make room or lower checkpoint.keep",
    );
  }
}
