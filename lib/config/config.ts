/**
 * The configuration of one training run. Each section belongs to the module that reads it; what the
 * keys mean stands in the sections' descriptions, from which the JSON Schema and the help come.
 *
 * @module
 */
import type { DataConfig } from "../data/data_config.ts";
import type { AdversarialConfig } from "../losses/adversarial/adversarial_config.ts";
import type { LossConfig } from "../losses/segmentation/loss_config.ts";
import type { InferenceConfig } from "../models/inference/inference_options.ts";
import type { ModelConfig } from "../models/model_config.ts";
import type { OptimizerConfig } from "../optim/optimizer_config.ts";
import type { ScheduleConfig } from "../optim/schedule_config.ts";
import type { CheckpointConfig, TrainConfig, ValidationConfig } from "./run_config.ts";

/** Everything that decides a run. Two runs of one `Config` on one backend build are bit-identical. */
export interface Config {
  seed: number;
  backend: "auto" | "webgpu" | "wasm" | "cpu";
  threads: number;
  deterministic: boolean;
  data: DataConfig;
  model: ModelConfig;
  loss: LossConfig;
  optimizer: OptimizerConfig;
  schedule: ScheduleConfig;
  adversarial: AdversarialConfig;
  train: TrainConfig;
  inference: InferenceConfig;
  validation: ValidationConfig;
  checkpoint: CheckpointConfig;
}
