/**
 * Publishes both packages to an npm registry on the loopback interface and uses them from there, as
 * users will: from an empty folder with empty caches, on each runtime.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { Buffer } from "node:buffer";
import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { decodePng } from "@segadv/segadv/data";
import { sha256 } from "@segadv/segadv/util";
import { buildNpm } from "../../tasks/build_npm.ts";
import { longSkip } from "../support/long_test.ts";
import { type NpmRegistry, startNpmRegistry } from "../support/npm_registry.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";
import { lastLine, run } from "../support/command.ts";

const temporaryFolder = temporaryFolders();
const root = fileURLToPath(new URL("../..", import.meta.url));
const pictures = join(root, "fixtures/VOCdevkit/VOC2012/JPEGImages");
const deno = process.execPath;
const patient = { timeout: 600_000 };
const skip = longSkip || !("Deno" in globalThis) && "it runs under Deno, once is enough";

/** A user's program: it names the package, and nothing of this checkout. */
const PROGRAM = `
import { loadConfig, train } from "@segadv/segadv";

const config = await loadConfig({
  preset: "fixtures",
  overrides: { backend: "wasm", "train.maxSteps": 20, "data.workers": 2 },
});
const { steps, weightsSha256 } = await train(config);
console.log(JSON.stringify({ steps, weightsSha256 }));
`;

/** How a runtime starts the command line, and a program in a folder that has the library. */
interface Runtime {
  name: string;
  segadv: [string, ...string[]];
  install: [string, ...string[]];
  program: [string, ...string[]];
}

/** Deno otherwise takes no version of the last day. */
const AT_ANY_AGE = "--minimum-dependency-age=0";

const RUNTIMES: Runtime[] = [
  {
    name: "node",
    segadv: ["npx", "--yes", "segadv"],
    install: ["npm", "install", "--silent", "@segadv/segadv"],
    program: ["node", "program.mjs"],
  },
  {
    name: "bun",
    // Without it Bun obeys the first line of the program, which names Node
    segadv: ["bunx", "--bun", "segadv"],
    install: ["bun", "add", "--silent", "@segadv/segadv"],
    program: ["bun", "program.mjs"],
  },
  {
    name: "deno",
    segadv: [deno, "run", "-A", AT_ANY_AGE, "npm:segadv"],
    install: [deno, "add", "--quiet", AT_ANY_AGE, "npm:@segadv/segadv"],
    program: [deno, "run", "-A", "program.mjs"],
  },
];

/** What the commands gave. */
interface Outcome {
  trained: string;
  mIoU: number;
  maps: Record<string, string>;
}

/** Trains 12 steps, goes on to 20, scores and predicts. */
async function useCommands(
  segadv: [string, ...string[]],
  options: { cwd: string; env?: Record<string, string> },
): Promise<Outcome> {
  const wasm = ["--backend", "wasm"];
  const call = (...args: string[]) => run([...segadv, ...args], options);
  await call("train", ...wasm, "--max-steps", "12", "--out", "run", "--no-report");
  const resumed = await call("train", "--resume", "run", ...wasm, "--max-steps", "20", "--json");
  const { steps, weightsSha256 } = lastLine(resumed.stdout) as Record<string, unknown>;
  assert.equal(steps, 20);
  const scored = await call("eval", "run", ...wasm, "--json");
  await call("predict", "run", "pictures", ...wasm, "--out", "maps");
  const maps: Record<string, string> = {};
  const folder = join(options.cwd, "maps");
  for (const name of (await readdir(folder)).sort()) {
    // Pixels, as runtimes compress differently
    if (name.endsWith(".png")) maps[name] = await pixelsOf(join(folder, name));
  }
  const { mIoU } = lastLine(scored.stdout) as { mIoU: number };
  return { trained: String(weightsSha256), mIoU, maps };
}

/** Hash of an image's values. */
async function pixelsOf(file: string): Promise<string> {
  return sha256([decodePng(await readFile(file), { file }).data]);
}

/** Goldens of formats that packages decode, or own code. */
const FORMATS = { webp: "WebP lossless", tif: "TIFF tiled LZW RGB", bmp: "BMP RGB", gif: "GIF" };

/** An empty folder with two pictures, and one of each further format. */
async function emptyFolder(): Promise<string> {
  const folder = temporaryFolder();
  await mkdir(join(folder, "pictures"));
  for (const name of ["shapes_00.jpg", "shapes_01.jpg"]) {
    await cp(join(pictures, name), join(folder, "pictures", name));
  }
  const text = await readFile(join(root, "fixtures/goldens/pictures.json"), "utf8");
  const goldens: { name: string; file: string }[] = JSON.parse(text);
  for (const [extension, name] of Object.entries(FORMATS)) {
    const { file } = goldens.find((golden) => golden.name === name)!;
    const path = join(folder, "pictures", `${extension}.${extension}`);
    await writeFile(path, Buffer.from(file, "base64"));
  }
  return folder;
}

describe("buildNpm()", { skip }, () => {
  let registry: NpmRegistry;
  let archives: string[];
  let expected: Outcome;

  before(async () => {
    const folder = temporaryFolder();
    archives = await buildNpm(join(folder, "npm"));
    registry = await startNpmRegistry(join(folder, "registry"));
    for (const archive of archives) await registry.publish(archive);
    const source: [string, ...string[]] = [deno, "run", "-A", join(root, "cli/mod.ts")];
    expected = await useCommands(source, { cwd: await emptyFolder() });
  }, patient);

  after(() => registry?.[Symbol.asyncDispose]());

  test("buildNpm() packs what npm needs, without scripts, sources and development dependencies", async () => {
    for (const archive of archives) {
      const { stdout } = await run(["tar", "-tzf", archive], { cwd: root });
      const paths = stdout.trim().split("\n");
      assert.deepEqual(paths.filter((path) => !/\.(js|d\.ts|json|md)$|LICENSE$/.test(path)), []);
      const text = await run(["tar", "-xzOf", archive, "package/package.json"], { cwd: root });
      const manifest = JSON.parse(text.stdout);
      assert.equal(manifest.scripts ?? manifest.devDependencies, undefined);
      for (const target of Object.values(manifest.exports)) {
        for (
          const path of Object.values(typeof target === "string" ? { target } : target as object)
        ) {
          assert(paths.includes(`package/${path.slice(2)}`), path);
        }
      }
    }
  });

  for (const { name, segadv, install, program } of RUNTIMES) {
    const missing = spawnSync(name === "deno" ? deno : name, ["--version"]).status !== 0;
    const options = { ...patient, skip: missing && `${name} is not on the PATH` };
    const fresh = async () => {
      const cwd = await emptyFolder();
      const env = {
        DENO_DIR: join(cwd, "cache"),
        NPM_CONFIG_REGISTRY: registry.url,
        npm_config_registry: registry.url,
        npm_config_cache: join(cwd, "cache"),
        BUN_CONFIG_REGISTRY: registry.url,
        BUN_INSTALL_CACHE_DIR: join(cwd, "cache"),
        TMPDIR: cwd, // where bunx installs
      };
      return { cwd, env };
    };

    test(
      `buildNpm() makes a command that trains, resumes, scores and predicts under ${name}, bit-identical to Deno`,
      options,
      async () => {
        assert.deepEqual(await useCommands(segadv, await fresh()), expected);
      },
    );

    test(
      `buildNpm() makes a library that a program imports under ${name}, with types`,
      options,
      async () => {
        const { cwd, env } = await fresh();
        await writeFile(join(cwd, "package.json"), JSON.stringify({ private: true }));
        await writeFile(join(cwd, "program.mjs"), PROGRAM);
        await run(install, { cwd, env });
        const { stdout } = await run(program, { cwd, env });
        const { weightsSha256 } = lastLine(stdout) as Record<string, string>;
        assert.equal(weightsSha256, expected.trained);
        if (name !== "deno") return;
        const typed = `${PROGRAM}const no: string = config;\n`;
        await writeFile(join(cwd, "program.ts"), typed);
        await assert.rejects(
          run([deno, "check", "program.ts"], { cwd, env }),
          /TS2322.*Type 'Config'/,
        );
      },
    );
  }
});
