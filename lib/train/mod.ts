/**
 * Training, part by part: the step, optimisers, schedules, events of a run.
 *
 * @module
 */
export type { Batch, Gradients, StepContext, StepLosses } from "./step/step_context.ts";
export { WeightAverage, type WeightAverageOptions } from "../optim/weight_average.ts";
export { trainStep } from "./step/train_step.ts";
export {
  createNetworks,
  type DiscriminatorState,
  disposeNetworks,
  type Networks,
  type Trainable,
} from "./step/networks.ts";
export { type Parameter, parametersOf } from "../optim/parameters.ts";
export {
  defineOptimizer,
  type Optimizer,
  type OptimizerEntry,
  type ParameterUpdate,
} from "../optim/optimizer.ts";
export { type OptimizerConfig, optimizers } from "../optim/optimizer_config.ts";
export {
  defineSchedule,
  learningRate,
  type ScheduleEntry,
  type ScheduleOptions,
} from "../optim/learning_rate.ts";
export {
  extendedRate,
  type ExtendedSchedule,
  type ExtensionMode,
  extensionModes,
  type ScheduleExtension,
} from "../optim/extensions.ts";
export { type ScheduleConfig, schedules } from "../optim/schedule_config.ts";
export {
  findLearningRate,
  type RatePoint,
  type RateSearch,
  type RateSearchOptions,
} from "./find_learning_rate.ts";
export { LossScale, type LossScaleOptions } from "../optim/loss_scale.ts";
export { clipGradients } from "../optim/clip_gradients.ts";
export type * from "./events.ts";
export { InterruptedRunError, NonFiniteError, ResumeError } from "./errors.ts";
export { trainInThread, wantsThread } from "./run/train_in_thread.ts";
export type { TrainJob } from "./run/thread_messages.ts";
export type { CheckpointConfig, TrainConfig, ValidationConfig } from "../config/run_config.ts";
