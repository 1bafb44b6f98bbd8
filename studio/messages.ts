/**
 * What the page and its worker say to each other.
 *
 * @module
 */
import type { ClassInfo } from "@segadv/segadv/browser";

/** What the page asks for. */
export type Request =
  | { kind: "open"; files: { path: string; content: Blob }[] }
  | { kind: "predict"; id: number; name: string; content: Blob };

/** A network that is ready. */
export interface Opened {
  kind: "opened";
  name: string;
  classes: ClassInfo[];
  /** The backend in words. */
  device: string;
  /** Why there is one thread; `null` where there are more. */
  oneThread: string | null;
}

/** What a network makes of a picture. */
export interface Predicted {
  kind: "predicted";
  id: number;
  name: string;
  width: number;
  height: number;
  /** RGBA of the picture as the network's user sees it. */
  picture: Uint8ClampedArray<ArrayBuffer>;
  /** Index of the class of each pixel. */
  labels: Uint8Array<ArrayBuffer>;
  /** How probable that class is, 0 to 255. */
  confidence: Uint8Array<ArrayBuffer>;
  /** The map as a file, as `segadv predict` writes it. */
  png: Uint8Array<ArrayBuffer>;
  milliseconds: number;
}

/** What the worker answers. */
export type Answer = Opened | Predicted | { kind: "failed"; message: string };
