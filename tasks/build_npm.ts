/**
 * `deno task build:npm [FOLDER]`: makes `@segadv/segadv` and `segadv` in npm's form, by default in
 * `dist/npm`: a `.tgz` of each, as `npm publish` takes it, and its content beside it.
 *
 * esbuild makes the JavaScript, `deno pack` the declarations, `npm pack` the archives. esbuild has a
 * lock file of its own, for the reason that `tasks/build_kernels.ts` gives.
 *
 * @module
 */
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, posix, resolve, sep } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { BIN, npmManifest, type SourceManifest } from "./npm/npm_manifest.ts";

const BUNDLER = "npm:esbuild@0.28.2";
const LOCK = "tasks/npm/deno.lock";
const ROOT = resolve(import.meta.dirname!, "..");
/** Versions of Dawn's bindings that `backend: webgpu` was tried with under Node. */
const OPTIONAL = { webgpu: ">=0.3.0 <1" };
/** How a module names one that runs in a thread. */
const THREAD = /new URL\("\.\/([^"]+)\.ts", import\.meta\.url\)/g;
const PROGRAM = `#!/usr/bin/env node
import process from "node:process";
import { main } from "../mod.js";

await main(process.argv);
`;

/** A package to make. */
interface Package {
  /** Name on npm. */
  name: string;
  /** Folder of the sources, from the root. */
  folder: string;
  description: string;
  /** Dependencies that a user may leave out, by version range. */
  optional?: Record<string, string>;
}

const PACKAGES: Package[] = [
  {
    name: "@segadv/segadv",
    folder: ".",
    description: "Trains semantic-segmentation networks in an adversarial framework with " +
      "temperatures, on WebGPU or WebAssembly",
    optional: OPTIONAL,
  },
  {
    name: "segadv",
    folder: "cli",
    description: "Command line of @segadv/segadv: trains, scores and applies " +
      "semantic-segmentation networks",
  },
];

/**
 * Makes both packages.
 *
 * @returns Paths of the archives, the library's first.
 * @throws {Error} If a tool fails; the message has what it printed.
 */
export async function buildNpm(target: string): Promise<string[]> {
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const archives: string[] = [];
  for (const one of PACKAGES) {
    const folder = join(target, one.name.replace("/", "+"));
    await fill(folder, one);
    const printed = await run(npm(), ["pack", "--json", "--pack-destination", target], folder);
    const { filename } = JSON.parse(printed)[0] as { filename: string };
    archives.push(join(target, filename));
  }
  return archives;
}

/** Fills the folder of one package. */
async function fill(folder: string, { folder: part, ...options }: Package): Promise<void> {
  const sources = join(ROOT, part);
  const source = JSON.parse(await readFile(join(sources, "package.json"), "utf8"));
  const manifest = npmManifest(source, { ...options, repository: repository() });
  await bundle(source, { sources, folder });
  await declare({ sources, folder });
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
  await copyFile(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  await copyFile(join(sources, "README.md"), join(folder, "README.md"));
  if (manifest.bin === undefined) return;
  await mkdir(dirname(join(folder, BIN)));
  await writeFile(join(folder, BIN), PROGRAM, { mode: 0o755 });
}

/** Where a package comes from and goes to. */
interface Places {
  sources: string;
  folder: string;
}

/** Compiles what the package exports and what runs in threads, and the parts that they share. */
async function bundle(source: SourceManifest, { sources, folder }: Places): Promise<void> {
  const threads = await findThreads(sources);
  const entries = [...Object.values(source.exports), ...threads.values()];
  await run(process.execPath, [
    ...["run", "-A", "--no-config", "--node-modules-dir=none"],
    ...["--lock", join(ROOT, LOCK), "--frozen", BUNDLER, ...entries, "--bundle", "--splitting"],
    ...["--format=esm", "--platform=node", "--target=es2023", "--packages=external"],
    // The paths of tsconfig.json lead from one package into the sources of the other
    ...[
      "--tsconfig-raw={}",
      "--outbase=.",
      `--outdir=${folder}`,
      "--chunk-names=chunks/[name]-[hash]",
    ],
    ...["--log-level=warning", "--legal-comments=inline"],
  ], sources);
  for (const path of await list(folder, ".js")) {
    const text = await readFile(join(folder, path), "utf8");
    const linked = text.replace(THREAD, (_, name: string) => {
      const thread = threads.get(name)!.replace(/\.ts$/, ".js");
      const link = posix.relative(posix.dirname(path), thread);
      return `new URL(${JSON.stringify(link)}, import.meta.url)`;
    });
    if (linked !== text) await writeFile(join(folder, path), linked);
  }
}

/** Modules that run in threads: from how they are named to their paths. */
export async function findThreads(sources: string): Promise<Map<string, string>> {
  const threads = new Map<string, string>();
  const folder = join(sources, "lib");
  const paths = await list(folder, ".ts").catch(() => []); // only the library has threads
  for (const path of paths) {
    for (const [, name = ""] of (await readFile(join(folder, path), "utf8")).matchAll(THREAD)) {
      threads.set(name, posix.join("lib", posix.dirname(path), `${name}.ts`));
    }
  }
  return threads;
}

/** Adds the declarations of all that the package exports. */
async function declare({ sources, folder }: Places): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "segadv-npm-"));
  try {
    const archive = join(scratch, "types.tgz");
    const pack = ["pack", "--allow-dirty", "--no-source-maps", "--output", archive];
    await run(process.execPath, pack, sources);
    await run("tar", ["-xzf", archive, "-C", scratch], sources);
    const packed = join(scratch, "package");
    for (const path of await list(packed, ".d.ts")) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await copyFile(join(packed, path), join(folder, path));
    }
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** Files of a folder by the end of their names, with `/` on every system; sorted. */
async function list(folder: string, end: string): Promise<string[]> {
  const all = await readdir(folder, { recursive: true });
  return all.filter((path) => path.endsWith(end)).map((path) => path.replaceAll(sep, "/")).sort();
}

/** Where the sources are, which npm compares with the provenance; known in a workflow alone. */
function repository(): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = process.env;
  return server && name ? `git+${server}/${name}.git` : undefined;
}

/** npm as a program that can be started without a shell. */
function npm(): string {
  return process.platform === "win32" ? "npm.cmd" : "npm";
}

async function run(program: string, args: string[], cwd: string): Promise<string> {
  const options = {
    cwd,
    env: { ...process.env, NO_COLOR: "1" },
    maxBuffer: 2 ** 26,
    shell: program.endsWith(".cmd"),
  };
  try {
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & Record<string, string>;
    throw new Error(`Cannot run ${program} ${args[0]}: ${message}\n${stdout}\n${stderr}`);
  }
}

if (import.meta.main) {
  const target = resolve(process.argv[2] ?? join(ROOT, "dist/npm"));
  for (const archive of await buildNpm(target)) console.log(archive);
}
