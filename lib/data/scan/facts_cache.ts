/**
 * Facts about files that were taken before, kept in the user's cache folder.
 *
 * @module
 */
import { realpath, stat } from "node:fs/promises";
import { relative, resolve } from "node:path";
import { readUserCache, writeUserCache } from "../../util/files.ts";
import { sha256 } from "../../util/hash.ts";
import { versions } from "../../util/version.ts";
import { readBytes } from "../codecs/read_bytes.ts";

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

/** Files whose sizes are asked for at a time. */
const CONCURRENT = 64;

/** Facts of one kind about the files of one folder. */
export class FactsCache<Facts extends object> {
  readonly #name: string;
  readonly #root: string;
  readonly #entries: Map<string, Entry<Facts>>;
  #changed = false;

  private constructor(name: string, root: string, entries: Map<string, Entry<Facts>>) {
    this.#name = name;
    this.#root = root;
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
    { parallel, onProgress }: {
      parallel: number;
      onProgress?: ((done: number) => void) | undefined;
    },
  ): Promise<Facts[]> {
    const results = new Array<Facts>(files.length);
    const todo: { index: number; key: string; state: Pick<Entry<Facts>, "size" | "time"> }[] = [];
    const look = async (index: number): Promise<void> => {
      const { path, key, also } = files[index]!;
      const [own, other] = await Promise.all(
        [path, also].map((file) => file === undefined ? null : stat(file).catch(() => null)),
      );
      const state: Pick<Entry<Facts>, "size" | "time"> = {
        size: [own?.size ?? -1, other?.size ?? -1],
        time: [own?.mtimeMs ?? 0, other?.mtimeMs ?? 0],
      };
      const place = `${relative(this.#root, path)} ${key}`;
      const entry = this.#entries.get(place);
      if (entry !== undefined && `${entry.size} ${entry.time}` === `${state.size} ${state.time}`) {
        results[index] = entry.facts;
      } else todo.push({ index, key: place, state });
    };
    for (let i = 0; i < files.length; i += CONCURRENT) {
      await Promise.all(files.slice(i, i + CONCURRENT).map((_, j) => look(i + j)));
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
          before.size.join() === state.size.join() && before.time[1] === state.time[1];
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

async function contentHash(path: string): Promise<string> {
  return await readBytes(path).then((bytes) => sha256([bytes]).slice(0, 32), () => "");
}
