/**
 * What is known of label files before their encoding is decided, and what is decided.
 *
 * @module
 */
import type { ClassInfo } from "../dataset.ts";
import type { EncodingConfig, LabelHints } from "../layout/folder_layout.ts";
import { vocPalette } from "../readers/voc_palette.ts";
import { DataQuestionError } from "./data_question.ts";
import type { MaskFacts } from "./mask_facts.ts";

/** A label file and what it holds. */
export interface LabelFile {
  /** Path below the data set's folder. */
  path: string;
  facts: MaskFacts;
}

/** Classes as a file beside the data gives them. */
export interface GivenClasses {
  classes: ClassInfo[];
  /** Whether the file gives their colours. */
  hasColors: boolean;
  /** Label value of each class where it is not its place. */
  ids: number[] | null;
  /** Value to leave out; `null`: none is, absent: the file does not say. */
  ignore?: number | null;
  /** Colours to leave out. */
  ignoredColors?: [number, number, number][];
  /** Name of the file. */
  from: string;
}

/** What is known before the files are. */
export interface DecideOptions {
  files: readonly LabelFile[];
  given: GivenClasses | null;
  hints: LabelHints;
}

/** What label files mean. */
export interface DecidedLabels {
  encoding: EncodingConfig;
  classes: ClassInfo[];
  /** `null`: no value is left out. */
  ignore: number | null;
}

/** Two classes, the given ones where there are two. */
export function twoClasses(given: GivenClasses | null): Omit<DecidedLabels, "encoding"> {
  if (given !== null && given.classes.length !== 2) {
    throw new DataQuestionError(
      `the masks have two values, but ${given.from} names ${given.classes.length} ${
        given.classes.length === 1
          ? `class, "${given.classes[0]!.name}": the background is a class too; name it first, ` +
            `{"classes": ["background", "${given.classes[0]!.name}"]}`
          : "classes: name the two that there are, or say which value is which with " +
            `--set 'data.labelMap={"0": "${given.classes[0]!.name}", "255": "${
              given.classes[1]!.name
            }"}'`
      }`,
    );
  }
  return { classes: given?.classes ?? named(["background", "object"]), ignore: null };
}

/** Classes in VOC's colours. */
export function named(names: readonly string[]): ClassInfo[] {
  const palette = vocPalette(256);
  return names.map((name, i) => ({
    name,
    color: [...palette.subarray(i * 3, i * 3 + 3)] as ClassInfo["color"],
  }));
}
