/**
 * Whether the masks of a data set were drawn over pictures turned upright, as their EXIF orientation
 * says, or over the stored ones.
 *
 * @module
 */
import { DamagedFileError, type Dataset, type Sample } from "../dataset.ts";
import { DataQuestionError } from "../encodings/data_question.ts";
import { edgeAgreement } from "./edge_agreement.ts";

/** A picture that has an EXIF orientation. */
export interface TurnedPicture {
  dataset: Dataset;
  index: number;
  orientation: number;
}

/** What was chosen, and by what. */
export interface ChosenOrientation {
  orientation: "apply" | "ignore";
  /** `nothing`: no mask has a border that would tell. */
  by: "size" | "edges" | "nothing";
}

/** Pictures that are looked at. */
const MOST = 48;
/** Logarithm of the ratio of agreements that few pictures must have on average: 1.3. */
const CLEAR = Math.log(1.3);

/**
 * Chooses by sizes where they tell, else by the agreement of edges in all pictures together.
 *
 * @throws {DataQuestionError} If some masks fit the upright and some the stored picture (the message names
 * one of each), or edges do not tell; names the settings that decide.
 */
export async function chooseOrientation(
  turned: readonly TurnedPicture[],
): Promise<ChosenOrientation> {
  const bySize: Record<"apply" | "ignore", string | null> = { apply: null, ignore: null };
  const ratios: number[] = [];
  const count = Math.min(MOST, turned.length);
  for (let i = 0; i < count; i++) {
    const picture = turned[Math.floor(i * turned.length / count)]!;
    const shown = await readAs("apply", picture);
    const stored = await readAs("ignore", picture);
    if (shown !== null && stored !== null) {
      const ratio = compare(shown, stored);
      if (ratio !== null) ratios.push(ratio);
    } else if (shown !== null) bySize.apply ??= fileOf(picture);
    else if (stored !== null) bySize.ignore ??= fileOf(picture);
  }
  const { apply, ignore } = bySize;
  if (apply !== null && ignore !== null) {
    throw new DataQuestionError(
      `Cannot use masks that were drawn in two ways: that of "${apply}" over the picture turned ` +
        `upright by its EXIF orientation, that of "${ignore}" over the stored one`,
    );
  }
  if (apply !== null) return { orientation: "apply", by: "size" };
  if (ignore !== null) return { orientation: "ignore", by: "size" };
  if (ratios.length === 0) return { orientation: "apply", by: "nothing" };
  const mean = ratios.reduce((a, b) => a + b) / ratios.length;
  const spread = Math.sqrt(ratios.reduce((sum, r) => sum + (r - mean) ** 2, 0) / ratios.length);
  const isClear = ratios.length < 4
    ? Math.abs(mean) >= CLEAR
    : Math.abs(mean) * Math.sqrt(ratios.length) >= 3 * spread && Math.abs(mean) >= CLEAR / 4;
  if (isClear) return { orientation: mean > 0 ? "apply" : "ignore", by: "edges" };
  const example = `"${fileOf(turned[0]!)}" (${turned[0]!.orientation})`;
  throw new DataQuestionError(
    `Cannot tell how masks were drawn: ${turned.length} pictures have an EXIF orientation, such as ` +
      `${example}: give --set data.orientation=apply if masks belong to the pictures as viewers ` +
      "show them, --set data.orientation=ignore if to the stored ones",
  );
}

function fileOf({ dataset, index }: TurnedPicture): string {
  return dataset.files?.(index).image ?? dataset.ids[index]!;
}

/** The sample with its picture so read; `null` where picture and mask differ in size. */
async function readAs(
  orientation: "apply" | "ignore",
  { dataset, index }: TurnedPicture,
): Promise<Sample | null> {
  try {
    return await dataset.read(index, { orientation });
  } catch (error) {
    if (error instanceof DamagedFileError) return null;
    throw error;
  }
}

/** Logarithm of how much better the mask lies on the upright picture; `null` without a border. */
function compare(shown: Sample, stored: Sample): number | null {
  const [upright, own] = [shown, stored].map(({ image, label }) => edgeAgreement(image, label));
  return upright == null || own == null ? null : Math.log(upright / own);
}
