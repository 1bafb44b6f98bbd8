/**
 * Batch norm over too few values.
 *
 * @module
 */
import type { Config } from "../../config/config.ts";
import { microBatchCount } from "../../config/run_config.ts";
import { inspectModel } from "../../models/inspect_model.ts";
import type { SegmentationModel } from "../../models/segmentation_model.ts";
import type { Size } from "../../util/schema.ts";

/** A batch norm, and the height and width of its input in training. */
interface NormLayer {
  name: string;
  size: Size;
}

/** Fewer values a channel than this make statistics that say little. */
const FEW = 16;

/**
 * Refuses batch norm that would take its statistics over one value a channel: the variance of one
 * value is 0, which moves into the statistics that evaluation divides by.
 *
 * @param model A network of the caller's own in the place of the configured one.
 * @returns A warning where a channel has fewer than 16 values; empty where none has.
 * @throws {RangeError} Naming the layer, its values and what to change.
 */
export function checkBatchNorm(
  config: Config,
  { classes, model }: { classes: number; model?: SegmentationModel | undefined },
): string[] {
  const { data: { crop, channels, batch: whole }, train, adversarial: { enabled, discriminator } } =
    config;
  const parts = microBatchCount(train);
  const batch = whole / parts;
  const norms = [
    ...(model === undefined ? normsOf(config.model, { classes, crop }) : ownNorms(model, crop)),
    ...(enabled ? normsOf({ ...discriminator, imageChannels: channels }, { classes, crop }) : []),
  ].map(({ name, size: [height, width] }) => ({
    name,
    height,
    width,
    values: batch * height * width,
  }));
  const fewest = norms.reduce<typeof norms[number] | null>(
    (least, one) => least === null || one.values < least.values ? one : least,
    null,
  );
  if (fewest === null || fewest.values >= FEW) return [];
  const { name, height, width, values } = fewest;
  const where = `batch norm ${name} has ${values} value${values === 1 ? "" : "s"} a channel ` +
    `(${batch} × ${height} × ${width})`;
  const remedy = "raise data.crop or data.batch" +
    (parts > 1 ? ", lower train.gradientAccumulation, or set train.batchNorm to exact" : "");
  if (values > 1) return [`${where}, too few for good statistics: ${remedy}`];
  throw new RangeError(
    `Cannot train: ${where}, whose variance is always 0, so that evaluation would divide by ` +
      `almost nothing; ${remedy}, or take a network without batch norm`,
  );
}

function normsOf(
  network: Parameters<typeof inspectModel>[0],
  { classes, crop }: { classes: number; crop: Size },
): NormLayer[] {
  return inspectModel(network, { classes, input: crop }).layers
    .filter(({ kind }) => kind.startsWith("batch norm"))
    .map(({ name, output: [height, width] }) => ({ name, size: [height, width] }));
}

/** Shapes are passed from layer to layer; what follows a layer that cannot tell its own is left out. */
function ownNorms({ layers: model }: SegmentationModel, crop: Size): NormLayer[] {
  const [input] = model.inputs;
  const shapes = new Map<number, number[]>([[input!.id, [1, ...crop, input!.shape.at(-1)!]]]);
  const norms: NormLayer[] = [];
  for (const layer of model.layers) {
    const node = layer.inboundNodes.find(({ inboundLayers }) => inboundLayers.length > 0);
    const inputs = (node?.inputTensors ?? []).map(({ id }) => shapes.get(id));
    const [first] = inputs;
    if (node === undefined || first === undefined || inputs.includes(undefined)) continue;
    if (layer.getClassName() === "BatchNormalization" && first.length === 4) {
      norms.push({ name: layer.name, size: [first[1]!, first[2]!] });
    }
    const given = inputs.length === 1 ? first : inputs as number[][];
    try {
      shapes.set(node.outputTensors[0]!.id, layer.computeOutputShape(given) as number[]);
    } catch {
      // a layer of the caller's own that computes no shape
    }
  }
  return norms;
}
