/**
 * Which label belongs to which image, by names that are alike but not always equal.
 *
 * @module
 */

/** What names have beside the sample's own. */
export interface Affixes {
  images: { prefix: string; suffix: string };
  labels: { prefix: string; suffix: string };
}

/** A name by which files are matched: Unicode composed, so that é of a Mac is é of a server. */
export function nameKey(name: string): string {
  return name.normalize("NFC");
}

const NONE: Affixes = {
  images: { prefix: "", suffix: "" },
  labels: { prefix: "", suffix: "" },
};
/** Images that are tried as the partner of one label. */
const TRIED = 4000;

/**
 * Finds what all names of labels, and all names of images, have beside the sample's: `_mask`,
 * `gt_`. Equal names have nothing. Where most match, the rest is for the caller to name.
 */
export function findAffixes(images: readonly string[], labels: readonly string[]): Affixes {
  const keys = new Set(images.map(nameKey));
  const matched = (affixes: Affixes): number => {
    let count = 0;
    const used = new Set<string>();
    for (const label of labels) {
      const name = strip(nameKey(label), affixes.labels);
      if (name === null) continue;
      const image = join(name, affixes.images);
      if (!keys.has(image) || used.has(image)) continue;
      used.add(image);
      count++;
    }
    return count;
  };
  let best = { affixes: NONE, count: matched(NONE) };
  if (best.count === labels.length || labels.length === 0) return NONE;
  const candidates = new Map<string, Affixes>();
  // Several labels, as the first may be the one without a partner
  for (const label of [labels[0]!, labels[labels.length >> 1]!, labels.at(-1)!]) {
    for (const affixes of candidatesFor(nameKey(label), images.slice(0, TRIED))) {
      candidates.set(JSON.stringify(affixes), affixes);
    }
  }
  for (const affixes of candidates.values()) {
    const count = matched(affixes);
    if (count > best.count) best = { affixes, count };
  }
  // A few names that happen to fit are no rule
  return best.count * 2 > Math.min(labels.length, images.length) ? best.affixes : NONE;
}

function candidatesFor(label: string, images: readonly string[]): Affixes[] {
  const [folder, base] = splitPath(label);
  const found: { length: number; affixes: Affixes }[] = [];
  for (const image of images) {
    const [imageFolder, imageBase] = splitPath(nameKey(image));
    if (folder !== imageFolder) continue;
    // `_` belongs to what all names have
    const core = longestCommon(base, imageBase).replace(/^[_\-. ]+|[_\-. ]+$/g, "");
    if (core === "") continue;
    const [at, imageAt] = [base.indexOf(core), imageBase.indexOf(core)];
    found.push({
      length: core.length,
      affixes: {
        labels: { prefix: base.slice(0, at), suffix: base.slice(at + core.length) },
        images: {
          prefix: imageBase.slice(0, imageAt),
          suffix: imageBase.slice(imageAt + core.length),
        },
      },
    });
  }
  return found.sort((a, b) => b.length - a.length).slice(0, 16).map(({ affixes }) => affixes);
}

/** The longest text that both contain. */
function longestCommon(a: string, b: string): string {
  let best = "";
  let before = new Uint16Array(b.length + 1);
  for (let i = 1; i <= a.length; i++) {
    const row = new Uint16Array(b.length + 1);
    for (let j = 1; j <= b.length; j++) {
      if (a[i - 1] !== b[j - 1]) continue;
      row[j] = before[j - 1]! + 1;
      if (row[j]! > best.length) best = a.slice(i - row[j]!, i);
    }
    before = row;
  }
  return best;
}

function splitPath(path: string): [folder: string, base: string] {
  const at = path.lastIndexOf("/") + 1;
  return [path.slice(0, at), path.slice(at)];
}

/** The sample's name in a file's; `null` where the file has not the affixes. */
export function strip(
  path: string,
  { prefix = "", suffix = "" }: { prefix?: string | undefined; suffix?: string | undefined },
): string | null {
  const [folder, base] = splitPath(path);
  const least = prefix.length + suffix.length;
  if (base.length <= least || !base.startsWith(prefix) || !base.endsWith(suffix)) return null;
  return folder + base.slice(prefix.length, base.length - suffix.length);
}

function join(name: string, { prefix, suffix }: { prefix: string; suffix: string }): string {
  const [folder, base] = splitPath(name);
  return folder + prefix + base + suffix;
}
