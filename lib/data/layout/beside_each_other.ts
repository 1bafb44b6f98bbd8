/**
 * Images and labels that lie in one folder.
 *
 * @module
 */
import { basename } from "node:path";
import type { FilePattern, SplitLayout } from "./folder_layout.ts";
import type { Picture } from "./image_tree.ts";
import { nameKey, strip } from "./match_names.ts";

/** A pattern with what its names have beside the sample's. */
export function withAffix(
  pattern: FilePattern,
  { prefix, suffix }: { prefix: string; suffix: string },
): FilePattern {
  return { ...pattern, ...(prefix !== "" && { prefix }), ...(suffix !== "" && { suffix }) };
}

/** Endings of labels that lie beside their images. */
const ENDINGS =
  /[_\-. ]?(mask|masks|label|labels|gt|groundtruth|ground_truth|seg|segmentation|annotation|annot|l|labelids|trainids|target)$/i;
const BEGINNINGS = /^(mask|masks|label|labels|gt|seg|segmentation|annotation|annot|target)[_\-. ]/i;

/** Images and labels in one folder: by an ending that labels have, or by their formats. */
export function besideEachOther(own: readonly Picture[], place: FilePattern): SplitLayout | null {
  const inside = own.filter(({ path, base }) =>
    base === place.folder &&
    (place.flat !== true || !path.slice(base === "" ? 0 : base.length + 1).includes("/"))
  );
  const affixes = new Map<string, { prefix: string; suffix: string; count: number }>();
  const stems = new Set(inside.map(({ stem }) => nameKey(stem)));
  for (const { stem } of inside) {
    const base = basename(nameKey(stem));
    for (
      const [kind, match] of [["suffix", ENDINGS.exec(base)], [
        "prefix",
        BEGINNINGS.exec(base),
      ]] as const
    ) {
      const text = match?.[0];
      if (text === undefined || text.length >= base.length) continue;
      const affix = { prefix: "", suffix: "", [kind]: text };
      const name = strip(nameKey(stem), affix);
      if (name === null || !stems.has(name)) continue;
      const key = JSON.stringify(affix);
      const before = affixes.get(key) ?? { ...affix, count: 0 };
      affixes.set(key, { ...before, count: before.count + 1 });
    }
  }
  const [best] = [...affixes.values()].sort((a, b) => b.count - a.count);
  if (best !== undefined) {
    return { images: place, labels: withAffix(place, best) };
  }
  const photos = inside.filter(({ extension }) => extension === ".jpg" || extension === ".jpeg");
  const masks = new Set(
    inside.filter(({ extension }) => extension === ".png").map(({ stem }) => nameKey(stem)),
  );
  if (photos.length === 0 || !photos.some(({ stem }) => masks.has(nameKey(stem)))) return null;
  return {
    images: { ...place, extensions: [".jpg", ".jpeg"] },
    labels: { ...place, extensions: [".png"] },
  };
}
