/**
 * The section `data`: where samples come from and how a batch is made.
 *
 * @module
 */
import { z } from "zod";
import {
  channels,
  field,
  nonNegative,
  positive,
  type Size,
  size,
  text,
  wants,
  whole,
} from "../util/schema.ts";
import { entrySection, section, sectionList, type SectionSpec } from "../util/section.ts";
import type { FolderLayout } from "./layout/folder_layout.ts";
import { folderLayoutSchema } from "./layout/layout_schema.ts";
import type { PictureConfig } from "./pictures/resolve_pictures.ts";
import type { AugmentationConfig } from "./transforms/augmentations/augmentation.ts";
import { augmentations } from "./transforms/augment.ts";

/** How pixels become network input: `(pixel − mean) / std` per channel, on 0..255 values. */
export interface NormalizeConfig {
  order: "rgb" | "bgr";
  /** One value a channel. */
  mean: number[];
  std: number[];
}

/** Where samples come from and how a batch is made. */
export interface DataConfig {
  dataset: string;
  dir: string | null;
  layout: FolderLayout | null;
  imageFolder: string | null;
  labelFolder: string | null;
  lists: "auto" | "use" | "ignore";
  encoding: string;
  labelMap: Record<string, string | number> | null;
  reduceZero: boolean;
  ignore: number | null;
  valFraction: number;
  folds: number;
  fold: number;
  uncovered: "background" | "ignore";
  trainSplit: string;
  valSplit: string;
  orientation: PictureConfig["orientation"];
  range: PictureConfig["range"];
  channels: number;
  crop: Size;
  batch: number;
  augment: AugmentationConfig[];
  maxClassShare: number;
  oversample: number;
  normalize: NormalizeConfig;
  cacheMiB: number;
  workers: number | null;
  prefetch: number;
  onCorrupt: "fail" | "skip";
  fingerprint: "sample" | "full";
}

const normalize = section<NormalizeConfig>(
  "How pixels become network input: (pixel - mean) / std, on 0..255.",
  {
    order: field(z.enum(["rgb", "bgr"]), {
      fallback: "rgb",
      about: "Channel order of the network's input.",
    }),
    mean: field(channels(z.number()), {
      fallback: [123.68, 116.779, 103.939],
      about: "Mean of each channel on the 0..255 scale, in `order`; the default is ImageNet's.",
      source: "§4.1",
    }),
    std: field(channels(positive), {
      fallback: [1, 1, 1],
      about: "Divisor of each channel on the 0..255 scale, in `order`; 1 leaves the scale alone.",
    }),
  },
);

const augmentation = entrySection<AugmentationConfig>(
  "A random change of training samples.",
  { key: "name", registry: augmentations, fallback: "affine", about: "The augmentation." },
  {},
);

/** The section `data`. */
export const dataSection: SectionSpec = section<DataConfig>("Samples and batches.", {
  dataset: field(text, {
    fallback: "auto",
    about: "Name of a dataset reader; auto: the one that knows the folder, folder where none does.",
  }),
  dir: field(z.nullable(text), {
    fallback: null,
    about: "Root folder of the data set; null for embedded data.",
  }),
  layout: field(z.nullable(folderLayoutSchema), {
    fallback: null,
    about: "How the reader folder reads it, as a run's config.yaml holds it; null: that is found " +
      "out, with the help of the keys up to fold.",
  }),
  imageFolder: field(z.nullable(text), {
    fallback: null,
    about: "Folder of the images, where several could be meant.",
  }),
  labelFolder: field(z.nullable(text), {
    fallback: null,
    about: "Folder of the label files, where several could be meant.",
  }),
  lists: field(z.enum(["auto", "use", "ignore"]), {
    fallback: "auto",
    about: "Lists that name a part of a split's folder: use or ignore them; auto: ask.",
  }),
  encoding: field(z.enum(["auto", "index", "binary", "color", "alpha"]), {
    fallback: "auto",
    about:
      "How pixels of label files name classes: index, binary (0/255), color, alpha; auto: as " +
      "all label files together show.",
  }),
  labelMap: field(z.nullable(z.record(z.string(), z.union([text, whole(-1)]))), {
    fallback: null,
    about: 'Class of each label value, or "ignore": {"4": road, "0": ignore}.',
  }),
  reduceZero: field(z.boolean(), {
    fallback: false,
    about: "Labels count from 1: subtract 1, and leave 0 out.",
  }),
  ignore: field(z.nullable(whole(-1).max(255)), {
    fallback: null,
    about: "Label value that is left out, -1: none; null: as the data's files say, else 255.",
  }),
  valFraction: field(positive.lt(1), {
    fallback: 0.2,
    about: "Share of the pairs that is validated on where nothing divides them, stratified by " +
      "classes and independent of the files' order.",
  }),
  folds: field(whole(0).max(100), {
    fallback: 0,
    about: "Parts for cross-validation, in place of valFraction; 0: none.",
  }),
  fold: field(whole(0).max(99), {
    fallback: 0,
    about: "Part that is validated on, from 0.",
  }),
  uncovered: field(z.enum(["background", "ignore"]), {
    fallback: "background",
    about: "What pixels are that no shape of an annotation covers, where no class is called " +
      "background: class 0, or ignored.",
  }),
  trainSplit: field(text, { fallback: "train", about: "Split to train on." }),
  valSplit: field(text, { fallback: "val", about: "Split to validate on." }),
  orientation: field(z.enum(["auto", "apply", "ignore"]), {
    fallback: "auto",
    about: "Pictures with an EXIF orientation: apply turns them upright, as masks are drawn over " +
      "what a viewer shows; ignore takes them as stored; auto: as sizes or edges of the masks show.",
  }),
  range: field(
    z.union([
      z.literal("auto"),
      z.null(),
      z.tuple([z.number(), z.number()], wants("[low, high]"))
        .refine(([low, high]) => low < high, wants("[low, high] with low below high")),
    ], wants("auto, null or [low, high]")),
    {
      fallback: "auto",
      about:
        "Values that become 0 and 255 in pictures of more than 8 bits; auto: 0 to 2^b - 1, b " +
        "the fewest of 8, 10, 12, 14, 16 bits that hold all values, or lowest to highest where " +
        "these lie close together; null: there are no such pictures.",
    },
  ),
  channels: field(whole(1).max(255), {
    fallback: 3,
    about: "Channels of a picture: grey ones are repeated for 3, colours become grey for 1.",
  }),
  crop: field(size, {
    fallback: [416, 416],
    about: "Height and width of a training crop in pixels.",
    source: "Table 4-1",
  }),
  batch: field(whole(1), {
    fallback: 16,
    about: "Samples in a batch; the last incomplete batch of an epoch is dropped.",
    source: "Table 4-1",
  }),
  augment: sectionList(
    "Random changes of training samples, in order: [{name, its own options}]; [] for none.",
    { item: augmentation, fallback: [{ name: "affine" }], min: 0 },
  ),
  maxClassShare: field(positive.max(1), {
    fallback: 1,
    about:
      "Largest share of a crop's labelled pixels that one class may have: up to ten places are " +
      "tried, the last is taken. 1: the first place is taken; 0.75 as in mmsegmentation.",
  }),
  oversample: field(nonNegative.max(1), {
    fallback: 0,
    about: "Share t of the images: those with a class that fewer hold, f of them, come " +
      "sqrt(t / f) times as often (repeat factor sampling). 0: each image once an epoch.",
  }),
  normalize,
  cacheMiB: field(nonNegative, {
    fallback: 256,
    about: "Decoded images kept in memory, in MiB; 0 decodes each time.",
    affectsResult: false,
  }),
  workers: field(z.nullable(whole(0).max(64)), {
    fallback: null,
    about: "Threads that decode and augment; 0: the main one; null: as many as fit data and " +
      "machine. Batches are bit-identical with any number.",
    affectsResult: false,
  }),
  prefetch: field(whole(1).max(64), {
    fallback: 2,
    about: "Batches that workers prepare ahead.",
    affectsResult: false,
  }),
  onCorrupt: field(z.enum(["fail", "skip"]), {
    fallback: "fail",
    about: "At a training sample whose files are damaged: end, or skip and list it; the sample a " +
      "batch later in the epoch's order takes its place.",
  }),
  fingerprint: field(z.enum(["sample", "full"]), {
    fallback: "sample",
    about:
      "What a checkpoint remembers of the contents of the data, so that a resumed run notices " +
      "a change: hashes of 64 samples of each split, or of all.",
    affectsResult: false,
  }),
});
