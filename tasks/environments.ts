/**
 * The README's test command where a machine has neither OpenGL nor Vulkan, Mesa's OpenGL alone, or
 * Mesa's Vulkan alone: each in a mount namespace that hides the other libraries, from a fresh clone
 * of the last commit with empty caches. Prints what each took, and fails where one fails.
 *
 *     deno task test:environments [none|opengl|vulkan]… [--limit SECONDS]
 *
 * It needs Linux, root, git, npm, and both drivers (Debian: libegl-mesa0 libegl1 libgl1-mesa-dri
 * mesa-vulkan-drivers libvulkan1).
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));

const VULKAN = /^libvulkan[_.]/;
const OPENGL = /^lib(EGL|GL|GLX|GLESv\d|OpenGL)[_.]/;

/** An environment: what it hides, and the interface that WebGPU then finds. */
export interface Environment {
  hidden: RegExp[];
  finds: "none" | "OpenGL" | "Vulkan";
}

/** The environments by name. */
export const ENVIRONMENTS: Record<string, Environment> = {
  none: { hidden: [VULKAN, OPENGL], finds: "none" },
  opengl: { hidden: [VULKAN], finds: "OpenGL" },
  vulkan: { hidden: [OPENGL], finds: "Vulkan" },
};

/** Paths of the libraries that an environment hides, from the output of `ldconfig -p`. */
export function hiddenLibraries(cache: string, { hidden }: Environment): string[] {
  const entries = [...cache.matchAll(/^\s*(\S+) .* => (\S+)$/gm)];
  return entries.filter(([, name]) => hidden.some((pattern) => pattern.test(name!)))
    .map(([, , path]) => path!);
}

/** What a run of the tests came to. */
interface Outcome {
  name: string;
  /** Interface that WebGPU found. */
  found: string;
  status: number | null;
  /** Deno's own sum. */
  sum: string;
  seconds: number;
  /** Of all processors together, with what waits for nothing. */
  processorSeconds: number;
}

/** Runs a command line of bash where the libraries cannot be loaded: empty files lie over them. */
function runHidden(
  command: string,
  options: { libraries: readonly string[]; folder: string; env: NodeJS.ProcessEnv; cwd: string },
): { status: number | null; text: string } {
  const { libraries, folder, env, cwd } = options;
  const empty = join(folder, "empty");
  writeFileSync(empty, "");
  const binds = libraries.map((path) => `mount --bind '${empty}' '${path}'`);
  const script = ["set -e", ...binds, "set +e", command].join("\n");
  const args = ["--mount", "--propagation", "private", "bash", "-c", script];
  const result = spawnSync("unshare", args, { cwd, env, encoding: "utf8", maxBuffer: 2 ** 28 });
  if (result.error !== undefined) throw result.error;
  return { status: result.status, text: result.stdout + result.stderr };
}

function runTests(name: string, environment: Environment): Outcome {
  const folder = mkdtempSync(join(tmpdir(), "segadv-environment-"));
  try {
    const clone = join(folder, "clone");
    execFileSync("git", ["clone", "--quiet", root, clone]);
    const cache = execFileSync("ldconfig", ["-p"], { encoding: "utf8" });
    const paths = hiddenLibraries(cache, environment).map((path) => realpathSync(path));
    const env = {
      ...process.env,
      NO_COLOR: "1",
      DENO_DIR: join(folder, "deno"),
      // Mesa keeps compiled kernels there, which take most of a first run's time
      XDG_CACHE_HOME: join(folder, "cache"),
      npm_config_cache: join(folder, "npm"),
    };
    const options = { libraries: [...new Set(paths)], folder, env, cwd: clone };
    const device = JSON.stringify(join(clone, "lib/engine/webgpu/adapter.ts"));
    const probe = `import { adapterApi } from ${device};
      const adapter = await navigator.gpu.requestAdapter();
      console.log("found", adapter === null ? "none" : adapterApi(adapter));`;
    const probing = {
      ...options,
      env: { ...env, DENO_DIR: join(folder, "deno-probe"), PROBE: probe },
    };
    const asked = runHidden(`'${process.execPath}' eval --no-config "$PROBE"`, probing);
    const found = /^found (\w+)$/m.exec(asked.text)?.[1] ?? asked.text;
    const command = `TIMEFORMAT='took %R %U %S'; time npx -y deno task test`;
    const { status, text } = runHidden(command, options);
    const [, ...times] = /^took ([\d.]+) ([\d.]+) ([\d.]+)$/m.exec(text) ?? [];
    const [seconds = NaN, user = NaN, system = NaN] = times.map(Number);
    const sum = /^(ok|FAILED) \| .*$/m.exec(text)?.[0] ?? text.slice(-2000);
    const skipped = /^.*WebGPU tests are skipped.*$/m.exec(text)?.[0];
    if (skipped !== undefined) console.log(`${name}: ${skipped}`);
    if (status !== 0) console.log(text.slice(-20_000));
    return { name, found, status, sum, seconds, processorSeconds: user + system };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function main(args: string[]): void {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { limit: { type: "string", default: "300" } },
  });
  const unknown = positionals.find((name) => !(name in ENVIRONMENTS));
  if (unknown !== undefined) {
    const names = Object.keys(ENVIRONMENTS).join(", ");
    throw new RangeError(`There is no environment "${unknown}": known are ${names}`);
  }
  console.log(`${cpus().length} processors, at most ${values.limit} s each`);
  for (const [name, environment] of Object.entries(ENVIRONMENTS)) {
    if (positionals.length > 0 && !positionals.includes(name)) continue;
    const outcome = runTests(name, environment);
    const { found, status, sum, seconds, processorSeconds } = outcome;
    const faults = [
      found !== environment.finds && `WebGPU found ${found} instead of ${environment.finds}`,
      status !== 0 && `ended with ${status}`,
      !(seconds <= Number(values.limit)) && `took more than ${values.limit} s`,
    ].filter((fault) => fault !== false);
    console.log(
      `${name}: WebGPU by ${found}; ${seconds} s, ${
        processorSeconds.toFixed(0)
      } s of processors; ` +
        `${sum}${faults.length > 0 ? `; FAULT: ${faults.join(", ")}` : ""}`,
    );
    if (faults.length > 0) process.exitCode = 1;
  }
}

if (import.meta.main) main(process.argv.slice(2));
