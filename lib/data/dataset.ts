/**
 * The seam between data on disk and everything else: a dataset knows its classes and can read its
 * i-th sample, nothing more.
 *
 * @module
 */

/** An 8-bit RGB image, row-major, interleaved: `data.length === width * height * 3`. */
export interface RgbImage {
  width: number;
  height: number;
  data: Uint8Array;
}

/** A label map, row-major: `data[y * width + x]` is a class index or the ignore label. */
export interface LabelMap {
  width: number;
  height: number;
  data: Uint8Array;
}

/** An instance map, row-major, numbered as its data set does. */
export interface InstanceMap {
  width: number;
  height: number;
  data: Uint16Array;
}

/** One image and its label map, of equal size. */
export interface Sample {
  /** Stable name, used in events and error messages. */
  id: string;
  image: RgbImage;
  label: LabelMap;
}

/** One semantic class. */
export interface ClassInfo {
  name: string;
  /** RGB, 0..255. */
  color: [number, number, number];
}

/** A split of a data set. `read` decodes on demand; nothing is kept by the dataset itself. */
export interface Dataset {
  /** Name of the reader, such as `voc`. */
  name: string;
  split: string;
  /** Classes in index order: label value i means `classes[i]`. */
  classes: ClassInfo[];
  /** The label value that is left out of losses and metrics, as it stands in `Sample.label`. */
  ignoreLabel: number;
  /** Sample names in the order of the split. */
  ids: string[];
  /**
   * Reads one sample.
   *
   * @throws {Error} If a file is missing, unreadable, or image and label differ in size; the
   * message names the file.
   */
  read(index: number): Promise<Sample>;
  /** Paths of a sample's files, for messages; absent where samples are no files. */
  files?(index: number): { image: string; label: string };
  /**
   * Reads the instance map of a sample, where the data set has them.
   *
   * @throws {Error} If the file is missing or unreadable; the message names it.
   */
  readInstances?(index: number): Promise<InstanceMap>;
}

/** What opens a data set: one object feeds schema, command line, help and documentation. */
export interface DatasetReader {
  name: string;
  /** One line for `--help`. */
  summary: string;
  /** Whether `data.dir` is needed. */
  needsDir: boolean;
  /**
   * Module that registers this reader when it is imported, as its `import.meta.url`; without it, only
   * the main thread can load the data. Built-in readers need none.
   */
  module?: string;
  /**
   * Opens a split.
   *
   * @throws {Error} If the folder does not have the reader's layout or the split is empty.
   */
  open(options: { dir: string | null; split: string }): Promise<Dataset>;
}
