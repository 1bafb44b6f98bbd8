/**
 * TensorBoard event files from a run's events.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { TrainEvent } from "../train/events.ts";
import { maskedCrc32c } from "./crc32c.ts";
import { bytesField, floatField, join, message, varintField } from "./protobuf.ts";

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
    return record(event({ time, step: 0 }, bytesField(3, "brain.Event:2")));
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

  /** Tells TensorBoard to forget what it has of `step` and later steps: they happen again. */
  restart(time: number, step: number): Uint8Array {
    const started = varintField(1, 1); // SessionLog.START
    return record(event({ time, step }, message(7, started)));
  }

  /** A picture. */
  image({ tag, step, time, width, height, png }: TensorBoardImage): Uint8Array {
    const image = join([
      varintField(1, height),
      varintField(2, width),
      varintField(3, 3), // RGB
      bytesField(4, png),
    ]);
    const value = join([bytesField(1, tag), message(4, image)]);
    return record(event({ time, step }, message(5, message(1, value))));
  }
}

function scalarRecord(
  at: { time: number; step: number },
  values: Readonly<Record<string, number>>,
): Uint8Array {
  const summary = Object.entries(values).map(([tag, value]) =>
    message(1, join([bytesField(1, tag), floatField(2, value)]))
  );
  return record(event(at, message(5, join(summary))));
}

/** tensorflow.Event: wall_time = 1 (double), step = 2, then what it holds. */
function event({ time, step }: { time: number; step: number }, content: Uint8Array): Uint8Array {
  const wall = new Uint8Array(9);
  wall[0] = (1 << 3) | 1;
  new DataView(wall.buffer).setFloat64(1, time / 1000, true);
  return join([wall, varintField(2, step), content]);
}

/** A TFRecord: length, its checksum, content, its checksum. */
function record(content: Uint8Array): Uint8Array {
  const framed = new Uint8Array(content.length + 16);
  const view = new DataView(framed.buffer);
  view.setBigUint64(0, BigInt(content.length), true);
  view.setUint32(8, maskedCrc32c(framed.subarray(0, 8)), true);
  framed.set(content, 12);
  view.setUint32(12 + content.length, maskedCrc32c(content), true);
  return framed;
}
