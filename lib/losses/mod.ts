/**
 * Losses: segmentation terms, adversarial losses, temperatures, the mask of valid pixels.
 *
 * @module
 */
export { type AdversarialConfig, adversarialLosses } from "./adversarial/adversarial_config.ts";
export type { AdversarialLoss } from "./adversarial/adversarial_loss.ts";
export {
  type AdversarialLossOptions,
  type DiscriminatorLoss,
  discriminatorLoss,
  generatorLoss,
} from "./adversarial/discriminator_losses.ts";
export { chooseClassWeights, type ClassWeightChoice } from "./class_weights.ts";
export { type LossConfig, type LossTerm, segmentationLosses } from "./segmentation/loss_config.ts";
export {
  defineSegmentationLoss,
  type LossInputs,
  type SegmentationInputs,
  type SegmentationLoss,
  segmentationLoss,
  type WeightedLoss,
} from "./segmentation/segmentation_loss.ts";
export { type Temperatures, temperaturesOf } from "./temperatures.ts";
export { downsampleValidMask, IGNORE_LABEL, maskedMean, validMask } from "./valid_mask.ts";
export { weightDecay } from "./weight_decay.ts";
