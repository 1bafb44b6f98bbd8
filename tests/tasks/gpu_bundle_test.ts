import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { promisify } from "node:util";
import { buildGpuBundle, LIMIT } from "../../tasks/gpu_bundle.ts";
import { longSkip } from "../support/long_test.ts";
import { noAdapter } from "../support/webgpu_adapter.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

async function reasonToSkip(): Promise<string | false> {
  if (longSkip) return longSkip;
  if (process.platform !== "linux" || process.arch !== "x64") return "needs Linux on x86-64";
  if (spawnSync("dpkg", ["-L", "libvulkan1"]).status !== 0) return "needs Debian's libvulkan1";
  return await noAdapter();
}

/** A network of its own, where the kernel lets us: one without any way out. */
function offline(): string[] {
  const { status } = spawnSync("unshare", ["--map-root-user", "--net", "true"]);
  return status === 0 ? ["unshare", "--map-root-user", "--net"] : [];
}

test("buildGpuBundle() makes a folder that trains by itself, without network and home", {
  skip: await reasonToSkip(),
  timeout: 400_000,
}, async () => {
  const folder = temporaryFolder();
  const bytes = await buildGpuBundle(folder, { level: 1 });
  assert.ok(bytes < LIMIT, `${bytes} bytes`);
  const values = ["model.width=0.03", "data.crop=[32,32]", "data.batch=1", "data.workers=1"];
  const arguments_ = [
    ...["train", "--preset", "fixtures", "--backend", "webgpu", "--max-steps", "1", "--json"],
    ...["--out", join(folder, "run"), ...values.flatMap((value) => ["--set", value])],
  ];
  const [program, ...rest] = [...offline(), "sh", join(folder, "start.sh"), ...arguments_];
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", HOME: join(folder, "none") };
  const { stdout } = await promisify(execFile)(program!, rest, { cwd: tmpdir(), env });
  const summary = JSON.parse(stdout.trim().split("\n").at(-1)!);
  assert.equal(summary.backend, "webgpu");
  assert.equal(summary.steps, 1);
});
