/**
 * The pictures that annotation files name, which may lie elsewhere than where the files say.
 *
 * @module
 */
import { basename, dirname, extname } from "node:path/posix";
import * as nodePath from "node:path";
import { printable } from "../../util/format.ts";
import { isPlainName } from "../../util/user_paths.ts";
import { IMAGE_EXTENSIONS, namesBelow } from "../readers/listing.ts";

/** Folders of masks, whose files may be called as the pictures are. */
const MASKS = /\/(masks?|labels?|annotations?|ann_dir|segmentationclass\w*|segmentationobject)\//i;

/** Finds files by the names that annotations give them; never outside of the folder. */
export class ImageFinder {
  readonly #dir: string;
  readonly #byBase = new Map<string, string[]>();
  /** The same in lower case, for annotations that come from a system that knows no case. */
  readonly #byLowerBase = new Map<string, string[]>();

  private constructor(dir: string, names: readonly string[]) {
    this.#dir = dir;
    for (const name of names) {
      const key = plain(basename(name));
      append(this.#byBase, key, name);
      append(this.#byLowerBase, key.toLowerCase(), name);
    }
  }

  /** Lists the pictures below a folder. */
  static async below(dir: string): Promise<ImageFinder> {
    const names = (await namesBelow(dir)).filter((name) =>
      IMAGE_EXTENSIONS.includes(extname(name).toLowerCase())
    );
    return new ImageFinder(dir, names);
  }

  /** All pictures, as paths below the folder. */
  get names(): string[] {
    return [...this.#byBase.values()].flat();
  }

  /** Full path of one of {@linkcode names}. */
  pathOf(name: string): string {
    return nodePath.join(this.#dir, name);
  }

  /**
   * The picture of a name: of those with that file name the one whose folders agree the longest with
   * the name's, then one below a folder of `near`, the first that has one, then one that is in no
   * folder of masks.
   *
   * @returns Its path below the folder, `null` where there is none.
   * @throws {RangeError} If two fit equally well; names both.
   */
  find(name: string, near: readonly string[] = []): string | null {
    const parts = plain(name.replaceAll("\\", "/")).split("/");
    const base = parts.at(-1)!;
    let best = this.#byBase.get(base) ?? this.#byLowerBase.get(base.toLowerCase()) ?? [];
    for (let count = 2; count <= parts.length && best.length > 1; count++) {
      const tail = `/${parts.slice(-count).join("/")}`;
      const longer = best.filter((one) => `/${plain(one)}`.endsWith(tail));
      if (longer.length === 0) break;
      best = longer;
    }
    for (const folder of near) {
      if (best.length <= 1) break;
      const inside = best.filter((one) => dirname(one) === folder);
      const below = inside.length > 0
        ? inside
        : best.filter((one) => folder === "." || one.startsWith(`${folder}/`));
      if (below.length > 0) best = below;
    }
    const pictures = best.filter((one) => !MASKS.test(`/${dirname(one)}/`));
    if (pictures.length > 0) best = pictures;
    if (best.length > 1) {
      throw new RangeError(
        `the picture "${printable(name.slice(0, 200))}" may be "${best[0]}" or "${best[1]}"`,
      );
    }
    return best[0] ?? null;
  }
}

function append(map: Map<string, string[]>, key: string, name: string): void {
  const same = map.get(key);
  if (same === undefined) map.set(key, [name]);
  else same.push(name);
}

/** A name in one Unicode form, as systems differ in it. */
function plain(name: string): string {
  return name.normalize("NFC");
}

/** A name for a sample: what the annotations call its picture, or the path that it was found at. */
export function sampleId(named: string, found: string): string {
  const own = stem(named.replaceAll("\\", "/").replace(/^(\.?\/)+/, ""));
  return isPlainName(own) ? own : stem(found);
}

/** A path without its extension. */
function stem(path: string): string {
  return path.slice(0, path.length - extname(path).length);
}
