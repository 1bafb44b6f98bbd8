/** What npm reads of a package, made from the manifest that Deno and Bun read. */

/** A `package.json` of this repository. */
export interface SourceManifest {
  name: string;
  version: string;
  license: string;
  exports: Record<string, string>;
  dependencies: Record<string, string>;
  bin?: Record<string, string>;
}

/** A `package.json` of `dist/npm`. */
export interface NpmManifest extends Omit<SourceManifest, "exports"> {
  description: string;
  keywords: string[];
  type: "module";
  engines: { node: string };
  repository?: { type: "git"; url: string };
  exports: Record<string, { types: string; default: string } | string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional: true }>;
}

/** Options of {@linkcode npmManifest}. */
export interface NpmManifestOptions {
  /** Name on npm. */
  name: string;
  description: string;
  /** Dependencies that a user may leave out, by version range. */
  optional?: Record<string, string>;
  /** Address of the sources. */
  repository?: string | undefined;
}

/** Lowest Node that the tests run on: 20 is the oldest whose WASM engine takes the kernels. */
const NODE = ">=20.18.3";

/** Path of the program that npm starts, in the package. */
export const BIN = "bin/segadv.js";

/**
 * The manifest of a package on npm: the same exports, compiled, each with its types; exact versions
 * in place of links within the workspace; no development dependency and no script.
 */
export function npmManifest(
  source: SourceManifest,
  { name, description, optional = {}, repository }: NpmManifestOptions,
): NpmManifest {
  const exports = Object.entries(source.exports).map(([subpath, path]) => {
    const stem = path.replace(/\.ts$/, "");
    return [subpath, { types: `${stem}.d.ts`, default: `${stem}.js` }] as const;
  });
  const dependencies = Object.entries(source.dependencies).map(([dependency, version]) =>
    [dependency, version.startsWith("workspace:") ? source.version : version] as const
  );
  const peers = Object.keys(optional);
  return {
    name,
    version: source.version,
    description,
    keywords: ["semantic-segmentation", "adversarial-training", "tensorflow", "webgpu", "wasm"],
    license: source.license,
    ...(repository !== undefined && { repository: { type: "git" as const, url: repository } }),
    type: "module",
    engines: { node: NODE },
    ...(source.bin && { bin: { segadv: BIN } }),
    exports: { ...Object.fromEntries(exports), "./package.json": "./package.json" },
    dependencies: Object.fromEntries(dependencies),
    ...(peers.length > 0 && {
      peerDependencies: optional,
      peerDependenciesMeta: Object.fromEntries(
        peers.map((peer) => [peer, { optional: true as const }]),
      ),
    }),
  };
}
