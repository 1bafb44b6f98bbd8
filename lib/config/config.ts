/**
 * The configuration of one training run, as a hand-written interface: the schema
 * (`schema.ts`), the command line and the documentation all follow these names.
 *
 * @module
 */

/** Two ends of a closed interval, the lower first. */
export type Range = [min: number, max: number];

/** Height and width in pixels. */
export type Size = [height: number, width: number];

/** How pixels become network input: `(pixel − mean) / std` per channel, on 0..255 values. */
export interface NormalizeConfig {
  /** Channel order of the network's input. */
  order: "rgb" | "bgr";
  /** Mean of each channel on the 0..255 scale, in `order`. */
  mean: [number, number, number];
  /** Divisor of each channel on the 0..255 scale, in `order`. `[1, 1, 1]` leaves the scale alone. */
  std: [number, number, number];
}

/** Random geometry of a training sample, applied as zoom → rotate → flip → crop (§4.1). */
export interface AugmentConfig {
  /** Zoom factor, drawn log-uniformly. Thesis: `[0.5, 2]`. `[1, 1]` switches it off. */
  zoom: Range;
  /** Largest rotation in degrees, either way. Thesis: 10. */
  rotate: number;
  /** Whether half of the samples are mirrored left to right. */
  flip: boolean;
}

/** Where samples come from and how a batch is made. */
export interface DataConfig {
  /** Name of a registered dataset reader: `fixtures`, `folder`, `voc`, … */
  dataset: string;
  /** Root folder of the data set; `null` for embedded data. */
  dir: string | null;
  /** Name of the split to train on. */
  trainSplit: string;
  /** Name of the split to validate on. */
  valSplit: string;
  /** Height and width of a training crop in pixels. */
  crop: Size;
  /** Samples in a batch; the last incomplete batch of an epoch is dropped (Table 4-1). */
  batch: number;
  augment: AugmentConfig;
  normalize: NormalizeConfig;
  /** Decoded images kept in memory, in MiB; 0 decodes each time. */
  cacheMiB: number;
  /** Threads that decode and augment; 0: the main one; `null`: as many as fit data and machine. */
  workers: number | null;
  /** Batches that workers prepare ahead. */
  prefetch: number;
  /**
   * At a training sample whose files are damaged: end, or `skip` it: the sample a batch later in the
   * epoch's order takes its place.
   */
  onCorrupt: "fail" | "skip";
}

/** The segmentation network G. */
export interface ModelConfig {
  /** Name of a registered network: `fcn8s-vgg16`, `resnet50`, … */
  name: string;
  /** Multiplier of every channel count (rounded, at least 4); 1 is the paper's network. */
  width: number;
  /**
   * `logits`: upsample logits, then softmax (FCN). `probabilities`: softmax, then upsample (the
   * thesis' ResNet-50). `auto` takes the network's own.
   */
  upsampleOrder: "auto" | "logits" | "probabilities";
  /** `random`, or the path of a weight file or of a run. */
  init: string;
  /** Whether every weight but the head's must be in the file, and nothing else. */
  initStrict: boolean;
  /**
   * Whether `data.normalize`, `model.variant` and `model.stemPool` become those that the weights of
   * the file were trained with.
   */
  followInit: boolean;
  /** Where the stride of a ResNet bottleneck sits: first 1×1 (`v1`) or the 3×3 (`v1.5`). */
  variant: "v1" | "v1.5";
  /** ResNet: pixels around the first max pool: `padded` on all sides, or `same` (TensorFlow's). */
  stemPool: "padded" | "same";
  /** FCN: constants on pool4 and pool3 before their score layers (at-once: 0.01, 0.0001). */
  skipScales: [pool4: number, pool3: number];
  /** FCN: `same`, or 100 zero pixels around the image with crops, as Berkeley's weights expect. */
  padding: "same" | 100;
  /** FCN: dropout rate after fc6 and fc7. */
  dropout: number;
  /** Batch-norm momentum: moving = momentum·moving + (1 − momentum)·batch. */
  bnMomentum: number;
}

/** How G is optimised: SGD with momentum on L_seg + α·L_G + L2. */
export interface GeneratorConfig {
  /** Peak learning rate (cosine schedule with warm-up). */
  lr: number;
  momentum: number;
  nesterov: boolean;
  /** λ of (λ/2)·Σ w². */
  l2: number;
  /** What L2 applies to: convolution kernels, or all trainable weights. */
  decay: "kernels" | "all";
  /** True: w ← w − lr·λ·w outside the momentum (decoupled); false: λ·w joins the gradient. */
  decoupled: boolean;
  /** Segmentation loss: categorical cross-entropy, or the thesis' equation 2-3 as printed. */
  loss: "ce" | "bce-per-class";
  /** Temperature of L_seg; `null` takes `adversarial.tg` (§3.2 leaves room for 1). */
  segTemperature: number | null;
  /** Largest norm of all of G's gradients together, without L2's; longer ones are scaled down. */
  clipNorm: number | null;
}

/** The discriminator D and its optimiser (Adam). */
export interface DiscriminatorConfig {
  /** Peak learning rate (same schedule as G). Thesis: 1e-7 (FCN), 5e-8 (ResNet). */
  lr: number;
  beta1: number;
  beta2: number;
  eps: number;
  /** D updates per G update (k of Algorithm 1). */
  steps: number;
  /** Multiplier of D's channel counts. */
  width: number;
  /** Stride of the last convolution. */
  lastStride: 1 | 2;
  /** Output non-linearity. */
  output: "sigmoid" | "linear";
  /** Where D's loss is taken: upsampled to the input's size, or at D's own resolution. */
  lossResolution: "input" | "own";
  /** Standard deviation of D's normal initialisation. */
  initStd: number;
}

/** The adversarial framework (thesis chapter 3). */
export interface AdversarialConfig {
  /** `baseline`: no D at all. `adversarial`: T_g = T_d = 1. `temperature`: `tg` and `td` apply. */
  mode: "baseline" | "adversarial" | "temperature";
  /** Name of a registered adversarial loss: `lsgan`, `bce`. */
  game: string;
  /** Weight α of L_G. */
  alpha: number;
  /** T_g: temperature of L_seg and L_G. */
  tg: number;
  /** T_d: temperature of L_D. */
  td: number;
  /** Whether L_G sees D's weights from before or after D's update of the same step. */
  lgTiming: "before" | "after";
  /** What the valid mask multiplies: the error (default) or D's output. */
  validMask: "error" | "output";
  /** Also zero D's inputs where the label is to be ignored. */
  maskInputs: boolean;
  /** Batch norm of D while G is stepped: batch statistics, or the moving averages (Keras). */
  frozenBatchNorm: boolean;
}

/** How long to train. */
export interface TrainConfig {
  epochs: number;
  /** Epochs of linear warm-up before the cosine decay. */
  warmupEpochs: number;
  /** Stop after this many steps; `null` for no limit. The schedule still spans `epochs`. */
  maxSteps: number | null;
  /** Steps between two readings of the losses. `null`: 1 on WASM and CPU, 50 on WebGPU. */
  logEvery: number | null;
  /**
   * Parts that a batch goes through the networks in, one after another, their gradients added up:
   * takes a fraction of the memory. The same step to rounding, but for batch norm, whose statistics
   * are those of a part: G's in a ResNet, and D's.
   */
  gradientAccumulation: number;
  /** Run G's first two stages again in the backward pass, instead of keeping what they computed. */
  gradientCheckpointing: boolean;
  /** `mixed`: G's activations are stored in 16 bits, with loss scaling (§4.1). WebGPU only. */
  precision: "f32" | "mixed";
  /** At a loss or weight that is NaN or infinite: end, or go back to the last checkpoint. */
  onNonFinite: "stop" | "rollback";
  /** Returns to a checkpoint before the run ends all the same. */
  maxRollbacks: number;
  /** What both learning rates are multiplied by at each return. */
  rollbackFactor: number;
}

/** How the validation split is scored. */
export interface ValidationConfig {
  /** Epochs between validations; the last epoch is always validated. */
  every: number;
  /** Resize image (bilinear) and label (nearest) to this size first; `null`: original size. */
  resize: Size | null;
  /**
   * How `resize` is met: `stretch` both sides, or `letterbox`: keep the aspect and pad at the bottom
   * and the right; padding is not scored.
   */
  fit: "stretch" | "letterbox";
  /**
   * What the network sees at a time: the `whole` image, sliding windows of a size, or `auto`: whole
   * where memory and adapter allow it, else the largest windows that they do.
   */
  window: "auto" | "whole" | Size;
  /** Share of a window that the next one covers again; their probabilities are averaged. */
  overlap: number;
  /** Sizes, as factors, at which the image is seen; probabilities are averaged at factor 1. */
  scales: number[];
  /** Also see each image mirrored; probabilities are averaged. */
  flip: boolean;
  /** Images in a validation batch (images of one size only). */
  batch: number;
  /** What the best network is best at: `mIoU`, `pAcc`, `fwIoU`, `mAcc`, or `class:NAME`, its IoU. */
  metric: string;
  /** Validations in a row without a better score after which a run ends; `null`: it goes on. */
  patience: number | null;
}

/** When state is written to disk. */
export interface CheckpointConfig {
  /** Steps between checkpoints; 0: none by this count. There is one at each epoch's end. */
  everySteps: number;
  /** Minutes between checkpoints; 0: none by the clock. */
  everyMinutes: number;
  /** How many of the last are kept, next to that of the best epoch; 0: none are written. */
  keep: number;
}

/** Everything that decides a run. Two runs of one `Config` on one backend build are bit-equal. */
export interface Config {
  /** Seed of initialisation, order, augmentation and dropout. */
  seed: number;
  /** `auto`: a real WebGPU adapter if there is one, else WASM. */
  backend: "auto" | "webgpu" | "wasm" | "cpu";
  /** WASM threads; 0: one per core. */
  threads: number;
  /**
   * WASM kernels with the same bits in every engine and on every processor; false takes fused
   * multiply-add (relaxed SIMD) where the engine has it: faster, its last bits are the machine's.
   */
  deterministic: boolean;
  data: DataConfig;
  model: ModelConfig;
  generator: GeneratorConfig;
  discriminator: DiscriminatorConfig;
  adversarial: AdversarialConfig;
  train: TrainConfig;
  validation: ValidationConfig;
  checkpoint: CheckpointConfig;
}
