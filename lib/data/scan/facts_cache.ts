/**
 * Facts about files that were taken before, kept in the user's cache folder.
 *
 * @module
 */
import { realpath } from "node:fs/promises";
import { relative, resolve, sep } from "node:path";
import { readUserCache, writeUserCache } from "../../util/user_cache.ts";
import { sha256 } from "../../util/hash.ts";
import { versions } from "../../util/version.ts";
import { readBytes } from "../codecs/read_bytes.ts";
import { fileStates } from "./file_states.ts";

/** Facts of another version are taken again. */
const VERSION = `4 ${versions().segadv}`;

/** A file as it was, and what was found in it. */
interface Entry<Facts> {
  /** Bytes of the file, and of the one beside it. */
  size: [own: number, other: number];
  time: [own: number, other: number];
  /** Beginning of the SHA-256 of the file; "" where it cannot be read. */
  sha: string;
  facts: Facts;
}

/** How facts are taken. */
export interface TakeOptions<Facts> {
  /** Files that are worked on at a time. */
  parallel: number;
  onProgress?: ((done: number) => void) | undefined;
  /**
   * Whether kept facts have all that is asked for.
   *
   * @default all
   */
  suffice?: (facts: Facts) => boolean;
}

/** Facts of one kind about the files of one folder. */
export class FactsCache<Facts extends object> {
  readonly #name: string;
  readonly #root: string;
  readonly #prefix: string;
  readonly #entries: Map<string, Entry<Facts>>;
  #changed = false;

  private constructor(name: string, root: string, entries: Map<string, Entry<Facts>>) {
    this.#name = name;
    this.#root = root;
    this.#prefix = root.endsWith(sep) ? root : root + sep;
    this.#entries = entries;
  }

  /** Opens the cache of a folder; damaged ones are begun anew. */
  static async open<Facts extends object>(dir: string, kind: string): Promise<FactsCache<Facts>> {
    const root = await realpath(dir).catch(() => resolve(dir));
    const hash = sha256([new TextEncoder().encode(root)]).slice(0, 16);
    const name = `data/${hash}-${kind}.json`;
    let entries: [string, Entry<Facts>][] = [];
    try {
      const content = JSON.parse(await readUserCache(name) ?? "null");
      if (content?.version === VERSION && content.root === root) entries = content.entries;
    } catch {
      // written again below
    }
    return new FactsCache(name, root, new Map(entries));
  }

  /**
   * The facts of each file: kept ones where size and time are the same, or size and content; others
   * are `taken`, at most `parallel` at a time.
   *
   * @param files `key` tells facts of one file apart; `also` is a file that they depend on as well.
   */
  async all(
    files: readonly { path: string; key: string; also?: string }[],
    take: (index: number) => Promise<Facts>,
    { parallel, onProgress, suffice = () => true }: TakeOptions<Facts>,
  ): Promise<Facts[]> {
    const results = new Array<Facts>(files.length);
    const todo: { index: number; key: string; state: Pick<Entry<Facts>, "size" | "time"> }[] = [];
    const own = await fileStates(files.map(({ path }) => path));
    const others = await fileStates(files.flatMap(({ also }) => also ?? []));
    let other = 0;
    for (const [index, { path, key, also }] of files.entries()) {
      const { size, time } = own[index]!;
      const beside = also === undefined ? { size: -1, time: 0 } : others[other++]!;
      const state: Pick<Entry<Facts>, "size" | "time"> = {
        size: [size, beside.size],
        time: [time, beside.time],
      };
      const place = `${this.#below(path)} ${key}`;
      const entry = this.#entries.get(place);
      if (entry !== undefined && isSameState(entry, state) && suffice(entry.facts)) {
        results[index] = entry.facts;
      } else todo.push({ index, key: place, state });
    }
    // Of files that hold the labels of many samples once
    const hashes = new Map<string, Promise<string>>();
    const hashOf = (path: string): Promise<string> => {
      const hash = hashes.get(path) ?? contentHash(path);
      hashes.set(path, hash);
      return hash;
    };
    let done = files.length - todo.length;
    let next = 0;
    const worker = async (): Promise<void> => {
      while (next < todo.length) {
        const { index, key, state } = todo[next++]!;
        const before = this.#entries.get(key);
        const sha = await hashOf(files[index]!.path);
        const isSame = before !== undefined && sha !== "" && before.sha === sha &&
          before.size.join() === state.size.join() && before.time[1] === state.time[1] &&
          suffice(before.facts);
        const facts = isSame ? before.facts : await take(index);
        results[index] = facts;
        // A fault may be the disk's, or this version's
        if (!("fault" in facts)) {
          this.#entries.set(key, { ...state, sha, facts });
          this.#changed = true;
        }
        onProgress?.(++done);
      }
    };
    await Promise.all(Array.from({ length: Math.max(1, parallel) }, worker));
    return results;
  }

  /** The path below the folder: what it begins with, where it is written so. */
  #below(path: string): string {
    const isPlain = path.startsWith(this.#prefix) && !path.includes("..");
    return isPlain ? path.slice(this.#prefix.length) : relative(this.#root, path);
  }

  /** Writes what is new; where the home cannot be written, facts are taken again next time. */
  async save(): Promise<void> {
    if (!this.#changed) return;
    const entries = [...this.#entries];
    await writeUserCache(
      this.#name,
      JSON.stringify({ version: VERSION, root: this.#root, entries }),
    );
    this.#changed = false;
  }
}

function isSameState(
  a: Pick<Entry<unknown>, "size" | "time">,
  b: Pick<Entry<unknown>, "size" | "time">,
): boolean {
  return a.size[0] === b.size[0] && a.size[1] === b.size[1] && a.time[0] === b.time[0] &&
    a.time[1] === b.time[1];
}

async function contentHash(path: string): Promise<string> {
  return await readBytes(path).then((bytes) => sha256([bytes]).slice(0, 32), () => "");
}
