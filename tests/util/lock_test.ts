import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { dropForeignLock, isLocked, lockFile, lockFolder } from "../../lib/util/lock.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const isDeno = "deno" in process.versions;
const program = fileURLToPath(new URL("./_lock_program.ts", import.meta.url));

/** Starts another process that takes the folder, and gives its first words. */
async function contend(
  folder: string,
  ...permissions: string[]
): Promise<{ child: ChildProcess; says: string }> {
  const flags = isDeno ? ["run", "--no-check", ...permissions, program] : [program];
  const child = spawn(process.execPath, [...flags, folder], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [data] = await once(child.stdout!, "data");
  return { child, says: String(data) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}

describe("lockFolder()", () => {
  test("lockFolder() lets go without a trace, and twice does no harm", async () => {
    const folder = temporaryFolder();
    const lock = await lockFolder(folder);
    assert.equal(lock.stale, null);
    await assert.rejects(
      lockFolder(folder),
      new RegExp(`in use by process ${process.pid} on \\S+ since 2.*remove .*run\\.lock`),
    );
    await lock.release();
    await lock.release();
    assert.deepEqual(await readdir(folder), []);
    await (await lockFolder(folder)).release();
  });

  test("lockFolder() refuses another process and takes over from one that was killed", async () => {
    const folder = temporaryFolder();
    const first = await contend(folder, "-A");
    assert.match(first.says, /^held null/);
    const { pid } = JSON.parse(await readFile(join(folder, "run.lock"), "utf8"));
    assert.equal(pid, first.child.pid);
    const second = await contend(folder, "-A");
    assert.match(second.says, new RegExp(`^refused Cannot use .*in use by process ${pid} on `));
    await assert.rejects(lockFolder(folder), new RegExp(`process ${pid}`));
    await kill(first.child);
    const lock = await lockFolder(folder);
    assert.equal(lock.stale!.pid, pid);
    await lock.release();
  });

  test(
    "lockFolder() needs only the folder's permissions under Deno",
    { skip: isDeno ? false : "permissions are Deno's" },
    async () => {
      const folder = temporaryFolder();
      const rights = [`--allow-read=${folder}`, `--allow-write=${folder}`];
      const first = await contend(folder, ...rights);
      assert.match(first.says, /^held null/);
      assert.match((await contend(folder, ...rights)).says, /^refused/);
      await kill(first.child);
      const third = await contend(folder, ...rights);
      assert.match(third.says, /^held {"pid"/);
      await kill(third.child);
    },
  );

  test("lockFolder() believes a lock of another machine and forgives a torn one", async () => {
    const folder = temporaryFolder();
    const owner = { pid: 1, host: "elsewhere", since: "2026-01-01T00:00:00Z", system: true };
    await writeFile(join(folder, "run.lock"), JSON.stringify(owner));
    await assert.rejects(lockFolder(folder), /process 1 on elsewhere/);
    await writeFile(join(folder, "run.lock"), '{"pid":');
    if (isDeno) await (await lockFolder(folder)).release();
    else await assert.rejects(lockFolder(folder), /another process.*remove/);
  });
});

describe("lockFile()", () => {
  test("lockFile() gives one holder the file, and lets go without a trace", async () => {
    const file = join(temporaryFolder(), "trial.lock");
    assert.equal(await isLocked(file), false);
    const lock = await lockFile(file);
    assert.ok(lock !== null);
    assert.equal(await isLocked(file), true);
    assert.equal(await lockFile(file), null);
    await lock.release();
    assert.equal(await isLocked(file), false);
    await (await lockFile(file))!.release();
  });

  test("lockFile() takes over what was not renewed for a minute, and what this job left behind", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "trial.lock");
    const owner = { pid: 1, host: "elsewhere", since: "2026-01-01T00:00:00Z", system: true };
    await writeFile(file, JSON.stringify(owner));
    assert.equal(await isLocked(file), true);
    assert.equal(await lockFile(file), null);
    await utimes(file, new Date(0), new Date(0));
    assert.equal(await isLocked(file), false);
    await (await lockFile(file))!.release();

    await writeFile(file, JSON.stringify({ ...owner, job: "kubernetes test 3" }));
    assert.equal(await lockFile(file), null);
    // In a process of its own: test files share the environment of theirs
    const flags = isDeno ? ["run", "--no-check", "-A", program] : [program];
    const env = { ...process.env, SEGADV_JOB: "test", JOB_COMPLETION_INDEX: "3" };
    const { stdout } = spawnSync(process.execPath, [...flags, folder, file], { env });
    assert.equal(String(stdout), "held elsewhere");
    assert.deepEqual(await readdir(folder), []);
  });

  test("dropForeignLock() removes what another machine left and nothing else", async () => {
    const folder = temporaryFolder();
    const owner = { pid: 1, host: "elsewhere", since: "2026-01-01T00:00:00Z", system: true };
    await writeFile(join(folder, "run.lock"), JSON.stringify(owner));
    await dropForeignLock(folder);
    const lock = await lockFolder(folder);
    await dropForeignLock(folder);
    assert.deepEqual(await readdir(folder), ["run.lock"]);
    await lock.release();
  });
});
