/**
 * How a folder is read, explicitly: what recognising it ends in, what a run's `config.yaml` holds as
 * `data.layout`, and all that opening it again needs.
 *
 * @module
 */

/** A label encoding by name with its options. */
export interface EncodingConfig {
  name: string;
  [option: string]: unknown;
}

/** Which files of a folder are meant, and what their names have beside the sample's name. */
export interface FilePattern {
  /**
   * Below the data set's folder, with `/`; "" is that folder itself. One name may be `*`: any folder,
   * whose name is then the first of the sample's.
   */
  folder: string;
  prefix?: string | undefined;
  suffix?: string | undefined;
  /** Lower case, with the dot; absent: any. */
  extensions?: string[] | undefined;
  /** Only files that lie in the folder itself. */
  flat?: boolean | undefined;
  /** Names of images and labels differ in upper and lower case. */
  ignoreCase?: boolean | undefined;
}

/** Where the pairs of a split are. */
export interface SplitLayout {
  images: FilePattern;
  labels: FilePattern;
  /** List of names or pairs, below the data set's folder. */
  list?: string | undefined;
  /** The names of the split, where it was drawn from all. */
  names?: string[] | undefined;
  /** A split whose names are left out. */
  without?: string | undefined;
}

/** Everything that reading a folder depends on. */
export interface FolderLayout {
  splits: Record<string, SplitLayout>;
  encoding: EncodingConfig;
  classes: { name: string; color: [red: number, green: number, blue: number] }[];
  /** Label value that is left out; null: none is. */
  ignore: number | null;
  /** What the classes' names come from. */
  namesFrom: string;
}

/** What the user says about the labels: `data.encoding` and the keys beside it. */
export interface LabelHints {
  encoding?: string;
  /** Class, or "ignore", of each value. */
  labelMap?: Readonly<Record<string, string | number>> | null;
  reduceZero?: boolean;
  ignore?: number | null;
}

/** What the user says about the files. */
export interface FileHints {
  /** Folders of the images and of the labels, where several could be meant. */
  imageFolder?: string | null;
  labelFolder?: string | null;
  lists?: "auto" | "use" | "ignore";
}

/** How pairs are divided that nothing else divides. */
export interface SplitHints {
  /** Share of the pairs that is validated on. */
  valFraction?: number;
  /** Number of parts for cross-validation; 0: by `valFraction`. */
  folds?: number;
  /** Part that is validated on, from 0. */
  fold?: number;
}

/** What the user says about annotations. */
export interface AnnotationHints {
  /** What pixels are that no shape covers, where no class is called background. */
  uncovered?: "background" | "ignore";
}

/** What the user says where a folder does not. */
export interface DataHints extends LabelHints, FileHints, SplitHints, AnnotationHints {}
