import type { TarFile } from "./tar.ts";

/** One published version of a package. */
export interface PublishedVersion {
  /** Files by path from the package's root, with a leading slash. */
  files: Map<string, Uint8Array<ArrayBuffer>>;
  /** Subpath to file, such as `"./wasm"` to `"./lib/engine/wasm/mod.ts"`. */
  exports: Record<string, string>;
}

/** What a registry holds: versions by package (`@scope/name`) and number. */
export class PackageStore {
  readonly #packages: Map<string, Map<string, PublishedVersion>> = new Map();

  /**
   * Adds a version; a published version cannot be replaced.
   *
   * @param config Path of the package's `deno.json` within `files`, with a leading slash.
   * @throws {RangeError} If the version exists, or `files` lacks `config` or an exported file.
   */
  add(id: { name: string; version: string }, upload: { files: TarFile[]; config: string }): void {
    const { name, version } = id;
    if (this.find(id)) throw new RangeError(`Cannot publish ${name}@${version}: it exists already`);
    const files = new Map(upload.files.map(({ path, bytes }) => [absolute(path), bytes]));
    const config = files.get(upload.config);
    if (!config) throw new RangeError(`Cannot publish ${name}: ${upload.config} is missing`);
    const manifest = JSON.parse(new TextDecoder().decode(config));
    const exports: Record<string, string> = typeof manifest.exports === "string"
      ? { ".": manifest.exports }
      : manifest.exports;
    for (const target of Object.values(exports)) {
      if (files.has(absolute(target))) continue;
      throw new RangeError(`Cannot publish ${name}: the exported file ${target} is missing`);
    }
    const versions = this.#packages.get(name) ?? new Map();
    this.#packages.set(name, versions.set(version, { files, exports }));
  }

  /** Finds a published version. */
  find({ name, version }: { name: string; version: string }): PublishedVersion | undefined {
    return this.#packages.get(name)?.get(version);
  }

  /** Numbers of the published versions, oldest first; empty for an unknown package. */
  versions(name: string): string[] {
    return [...this.#packages.get(name)?.keys() ?? []];
  }
}

/** `./mod.ts` and `mod.ts` as `/mod.ts`. */
function absolute(path: string): string {
  return `/${path.replace(/^(\.?\/)+/, "")}`;
}
