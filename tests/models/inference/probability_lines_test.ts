import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { NormalizeConfig } from "../../../lib/data/data_config.ts";
import type { RgbImage } from "../../../lib/data/dataset.ts";
import {
  fitImage,
  type FitOptions,
  mirrorRows,
} from "../../../lib/data/transforms/network_input.ts";
import type { InferenceOptions } from "../../../lib/models/inference/inference_options.ts";
import {
  type ProbabilityLines,
  probabilityLines,
} from "../../../lib/models/inference/probability_lines.ts";
import { predictProbabilities } from "../../../lib/models/inference/probabilities.ts";
import { resizePlanes } from "../../../lib/data/transforms/resize.ts";
import type { Size } from "../../../lib/util/schema.ts";
import { predict } from "../../../lib/models/inference/predict.ts";
import { randomStream } from "../../../lib/util/random.ts";
import { disturb, onCpu, smallModel } from "../../support/small_models.ts";

const normalize: NormalizeConfig = { order: "rgb", mean: [110, 120, 130], std: [50, 60, 70] };

function noise(width: number, height: number): RgbImage {
  const stream = randomStream(width * height, "image");
  const data = Uint8Array.from(
    { length: width * height * 3 },
    () => Math.floor(256 * stream.uniform()),
  );
  return { width, height, data };
}

function mirrored({ width, height, data }: RgbImage): RgbImage {
  return { width, height, data: mirrorRows(data, { width, channels: 3 }) };
}

async function readAll(
  { map, axis }: ProbabilityLines,
): Promise<{ axis: string; data: number[][] }> {
  const data: number[][] = [];
  for (let line = 0; line < map.count; line++) data.push([...await map.read(line)]);
  return { axis, data };
}

/** Ways to see an image that once broke the symmetry, and those that did not. */
const WAYS: Record<string, FitOptions & InferenceOptions> = {
  "as it is": {},
  "in windows": { window: [32, 32] },
  "in windows that overlap much": { window: [32, 32], overlap: 0.8 },
  "stretched": { resize: [64, 96] },
  "in a letterbox": { resize: [96, 96], resizeMode: "letterbox" },
  "in windows of a letterbox": { resize: [96, 64], resizeMode: "letterbox", window: [32, 64] },
  "at several scales": { scales: [0.6, 1, 1.3] },
  "at several scales in windows": { scales: [0.7, 1.2], window: [32, 32] },
};

/** Whole images that a resize rounds otherwise than their mirror images. */
const ROUNDED: ReadonlySet<string> = new Set(["stretched", "at several scales"]);

describe("probabilityLines() with flip", () => {
  onCpu();

  for (const [name, way] of Object.entries(WAYS)) {
    test(
      `probabilityLines() gives a mirrored image the mirrored map, ${
        ROUNDED.has(name) ? "to rounding" : "bit for bit"
      }, ${name}`,
      async () => {
        const model = smallModel("resnet50");
        disturb(model.layers);
        for (const [width, height] of [[75, 50], [50, 75]] as const) {
          const image = noise(width, height);
          const fit = (source: RgbImage) =>
            fitImage(source, { ...way, normalize, flip: way.resize != null });
          const options = { ...way, flip: true, size: [height, width] as [number, number] };
          const { axis, data } = await readAll(probabilityLines(model, fit(image), options));
          const other = await readAll(probabilityLines(model, fit(mirrored(image)), options));
          assert.equal(other.axis, axis);
          const back = axis === "columns" ? other.data.toReversed() : other.data.map((
            line,
          ) => [...mirrorRows(Float32Array.from(line), { width, channels: 3 })]);
          if (ROUNDED.has(name)) {
            const worst = Math.max(
              ...back.flatMap((line, i) => line.map((p, j) => Math.abs(p - data[i]![j]!))),
            );
            assert.ok(worst < 1e-4, `${worst}`);
          } else assert.deepEqual(back, data);
        }
      },
    );
  }

  test("probabilityLines() of a whole image averages mirror images at each scale, then the scales", async () => {
    const model = smallModel("resnet50");
    disturb(model.layers);
    const [width, height] = [40, 30];
    const { image } = fitImage(noise(width, height), { normalize });
    const scales = [0.6, 1];
    const maps: Float32Array[] = [];
    for (const scale of scales) {
      const size: Size = [Math.round(height * scale), Math.round(width * scale)];
      const planes = { height, width, channels: 3, data: image };
      const scaled = scale === 1 ? image : resizePlanes(planes, size);
      const input = { height: size[0], width: size[1], image: scaled };
      const map = await predictProbabilities(model, input, { flip: true });
      maps.push(scale === 1 ? map.data : resizePlanes(map, [height, width]));
    }
    const mean = maps[0]!.map((p, i) => p + maps[1]![i]!).map((sum) => sum / 2);
    const whole = { height, width, image };
    const { data } = await predictProbabilities(model, whole, { flip: true, scales });
    assert.deepEqual(data, mean);
  });

  test("predict() mirrors its label map with the image", async () => {
    const model = smallModel("fcn8s-vgg16");
    disturb(model.layers);
    const image = noise(70, 45);
    for (const way of Object.values(WAYS)) {
      const options = { ...way, flip: true, normalize };
      const [map, other] = [
        await predict(model, image, options),
        await predict(model, mirrored(image), options),
      ];
      assert.ok(new Set(map.data).size > 1);
      assert.deepEqual(mirrorRows(other.data, { width: 70, channels: 1 }), map.data);
    }
  });
});

test("probabilityLines() takes columns of a wide image in windows, else rows", () => {
  const model = smallModel("resnet50");
  const axisOf = (width: number, height: number, options: InferenceOptions): string => {
    const image = { width, height, image: new Float32Array(width * height * 3) };
    return probabilityLines(model, image, options).axis;
  };
  assert.equal(axisOf(96, 64, { window: [64, 64] }), "columns");
  assert.equal(axisOf(64, 96, { window: [64, 64] }), "rows");
  assert.equal(axisOf(96, 64, { window: "whole" }), "rows");
});
