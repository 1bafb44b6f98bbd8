/**
 * TensorBoard event files from a run's events: TFRecord files of protocol buffers, as TensorFlow writes
 * them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { appendFileSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { TrainEvent } from "../../train/events.ts";
import { bytesField, concat, floatField, message, varintField } from "../../util/protobuf.ts";
import type { SinkEntry, SinkFiles } from "./sink.ts";

/** A picture for TensorBoard. */
export interface TensorBoardImage {
  tag: string;
  step: number;
  /** Milliseconds since the epoch. */
  time: number;
  width: number;
  height: number;
  png: Uint8Array;
}

/**
 * Makes the bytes of an event file, record by record.
 *
 * @example
 * ```ts
 * import { TensorBoardWriter } from "@segadv/segadv/report";
 * import assert from "node:assert/strict";
 *
 * const header = new TensorBoardWriter().header(0);
 * assert.match(new TextDecoder().decode(header), /brain\.Event:2/);
 * ```
 */
export class TensorBoardWriter {
  /** What a file begins with. */
  header(time: number): Uint8Array {
    return tfRecord(event({ time, step: 0 }, bytesField(3, "brain.Event:2")));
  }

  /**
   * What TensorBoard shows of one event, empty where that is nothing: losses and rates of a step
   * under the names of the log, scores of a validation under `val/`, the sample's prediction.
   */
  records(of: TrainEvent): Uint8Array {
    const { time } = of;
    if (of.type === "sample") {
      const { id, png, ...rest } = of;
      return this.image({ ...rest, tag: `prediction/${id}`, png: Buffer.from(png, "base64") });
    }
    if (of.type === "step") {
      const speed = {
        "speed/imagesPerSecond": of.imagesPerSecond,
        "speed/dataShare": of.dataShare,
      };
      return scalarRecord({ time, step: of.step }, { ...of.logs, ...speed });
    }
    if (of.type !== "validation") return new Uint8Array(0);
    const { pAcc, mIoU, fwIoU, mAcc, classes } = of.scores;
    const perClass = classes.flatMap(({ name, iou }) =>
      iou === null ? [] : [[`val/iou/${name}`, iou] as const]
    );
    return scalarRecord({ time, step: of.step }, {
      "val/pAcc": pAcc,
      "val/mIoU": mIoU,
      "val/fwIoU": fwIoU,
      "val/mAcc": mAcc,
      ...Object.fromEntries(perClass),
    });
  }

  /** The record at which TensorBoard drops what it has of `step` and later steps: they are repeated. */
  restart(time: number, step: number): Uint8Array {
    const started = varintField(1, 1); // SessionLog.START
    return tfRecord(event({ time, step }, message(7, started)));
  }

  /** A picture. */
  image({ tag, step, time, width, height, png }: TensorBoardImage): Uint8Array {
    const image = concat([
      varintField(1, height),
      varintField(2, width),
      varintField(3, 3), // RGB
      bytesField(4, png),
    ]);
    const value = concat([bytesField(1, tag), message(4, image)]);
    return tfRecord(event({ time, step }, message(5, message(1, value))));
  }
}

function scalarRecord(
  at: { time: number; step: number },
  values: Readonly<Record<string, number>>,
): Uint8Array {
  const summary = Object.entries(values).map(([tag, value]) =>
    message(1, concat([bytesField(1, tag), floatField(2, value)]))
  );
  return tfRecord(event(at, message(5, concat(summary))));
}

/** tensorflow.Event: wall_time = 1 (double), step = 2, then what it holds. */
function event({ time, step }: { time: number; step: number }, content: Uint8Array): Uint8Array {
  const wall = new Uint8Array(9);
  wall[0] = (1 << 3) | 1;
  new DataView(wall.buffer).setFloat64(1, time / 1000, true);
  return concat([wall, varintField(2, step), content]);
}

/** A TensorBoard event file in `tensorboard/` of the run's folder, a new one each time it is opened. */
export const tensorboard: SinkEntry = {
  name: "tensorboard",
  summary: "TensorBoard event files in tensorboard/ of the run's folder",
  isIn: (run) => existsSync(join(run, "tensorboard")),
  open: openFile,
};

function openFile(run: string): SinkFiles {
  const folder = join(run, "tensorboard");
  mkdirSync(folder, { recursive: true });
  // Steps of which TensorBoard may have something: those of older files are not known here
  let newest = readdirSync(folder).length === 0 ? -1 : Infinity;
  const now = Date.now();
  const writer = new TensorBoardWriter();
  const [seconds, rest] = [Math.floor(now / 1000), String(now % 1000).padStart(3, "0")];
  // The name that TensorBoard looks for, and the order in which it reads
  const path = join(folder, `events.out.tfevents.${seconds}.segadv.${rest}`);
  appendFileSync(path, writer.header(now));
  return {
    keepUntil(step) {
      if (newest <= step) return;
      appendFileSync(path, writer.restart(Date.now(), step + 1));
      newest = step;
    },
    write(event) {
      const records = writer.records(event);
      if (records.length === 0) return;
      appendFileSync(path, records);
      if ("step" in event) newest = Math.max(newest, event.step);
    },
  };
}

/** A TFRecord: length, its checksum, content, its checksum. */
export function tfRecord(content: Uint8Array): Uint8Array {
  const framed = new Uint8Array(content.length + 16);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(content.length), true);
  view.setUint32(8, maskedCrc32c(framed.subarray(0, 8)), true);
  framed.set(content, 12);
  view.setUint32(12 + content.length, maskedCrc32c(content), true);
  return framed;
}

/** Castagnoli's polynomial, reflected. */
const POLYNOMIAL = 0x82f63b78;

const TABLE: Uint32Array = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value >>> 0;
});

/** CRC-32C. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** As TFRecord stores it: turned by 15 bits, plus a constant. */
export function maskedCrc32c(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
