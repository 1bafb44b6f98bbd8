/**
 * The worker of the studio's page: it opens networks and applies them, so that the page stays awake.
 *
 * @module
 */
import {
  decodeImage,
  defaultConfig,
  encodePng,
  openModel,
  type PageBackend,
  type PageModel,
  predictWithProbabilities,
  type RgbImage,
  usePageBackend,
} from "@segadv/segadv/browser";
import type { Answer, Predicted, Request } from "./messages.ts";

/** The worker's own scope. */
interface Scope {
  onmessage: ((event: { data: Request }) => void) | null;
  postMessage(answer: Answer, transfer?: ArrayBuffer[]): void;
}

/** More than any camera's picture; a larger file is a mistake. */
const MAX_BYTES = 2 ** 28;

const scope = globalThis as unknown as Scope;
let backend: Promise<PageBackend> | null = null;
let current: PageModel | null = null;
let last: Promise<void> = Promise.resolve();

async function open(files: { path: string; content: Blob }[]): Promise<void> {
  const { device, oneThread } = await (backend ??= usePageBackend({ backend: "wasm" }));
  const opened = await openModel(files);
  current?.model.layers.dispose();
  current = opened;
  const { model, classes } = opened;
  scope.postMessage({ kind: "opened", name: model.name, classes, device, oneThread });
}

async function predict(
  { id, name, content }: { id: number; name: string; content: Blob },
): Promise<void> {
  if (current === null) throw new Error("Open a network first: the folder of a run or of a model");
  if (content.size > MAX_BYTES) {
    throw new RangeError(`Cannot read ${name}: it has ${content.size} bytes, at most ${MAX_BYTES}`);
  }
  const start = performance.now();
  const { model, classes, normalize, pictures, config } = current;
  const bytes = new Uint8Array(await content.arrayBuffer());
  const image = await decodeImage(bytes, { ...pictures, file: name });
  const { inference } = config ?? defaultConfig();
  const { label, probabilities } = await predictWithProbabilities(model, image, {
    ...inference,
    normalize,
  });
  const { width, height } = label;
  const labels = new Uint8Array(label.data);
  const confidence = new Uint8Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const value = probabilities.data[i * probabilities.channels + labels[i]!]!;
    confidence[i] = Math.round(Math.min(1, value) * 255);
  }
  const palette = Uint8Array.from(classes.flatMap(({ color }) => color));
  const png = new Uint8Array(encodePng({ width, height, channels: 1, data: labels, palette }));
  const picture = visible(image);
  const milliseconds = performance.now() - start;
  const answer: Predicted = {
    ...{ kind: "predicted", id, name, width, height },
    ...{ picture, labels, confidence, png, milliseconds },
  };
  scope.postMessage(answer, [picture.buffer, labels.buffer, confidence.buffer, png.buffer]);
}

/** The picture's colours; of one that is not RGB the first channel, as grey. */
function visible({ data, channels = 3 }: RgbImage): Uint8ClampedArray<ArrayBuffer> {
  const step = channels >= 3 ? 1 : 0;
  const rgba = new Uint8ClampedArray(data.length / channels * 4);
  for (let from = 0, to = 0; to < rgba.length; from += channels, to += 4) {
    for (let c = 0; c < 3; c++) rgba[to + c] = data[from + c * step]!;
    rgba[to + 3] = 255;
  }
  return rgba;
}

scope.onmessage = ({ data }) => {
  last = last.then(() => data.kind === "open" ? open(data.files) : predict(data)).catch((error) => {
    const message = error instanceof Error ? error.message : String(error?.message ?? error);
    scope.postMessage({ kind: "failed", message });
  });
};
