import assert from "node:assert/strict";
import { appendFile, mkdir, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { createDashboard } from "../../../cli/dashboard/create_dashboard.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** A folder with two runs, one of them in a sweep, and a file that is nobody's business. */
async function withRuns<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = temporaryFolder();
  for (const run of ["one", "sweep/runs/two"]) {
    await mkdir(join(folder, "root", run), { recursive: true });
    await writeFile(join(folder, "root", run, "events.jsonl"), `{"run":"${run}"}\n{"n":2}\n`);
  }
  await mkdir(join(folder, "secret"));
  await writeFile(join(folder, "secret", "events.jsonl"), "secret\n");
  return await use(join(folder, "root"));
}

function ask(
  folder: string,
  path: string,
  { headers = {}, ...rest }: RequestInit & { headers?: Record<string, string> } = {},
): Promise<Response> {
  const all = { host: "127.0.0.1:6060", ...headers };
  return Promise.resolve(createDashboard(folder).request(path, { ...rest, headers: all }));
}

/** Events of a stream until there are as many as asked for; `act` follows the first `after`. */
async function events(
  response: Response,
  count: number,
  { after = Infinity, act }: { after?: number; act?: () => Promise<void> } = {},
): Promise<string[]> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\n\n").length <= count) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
    if (text.split("\n\n").length > after) await act?.();
  }
  await reader.cancel();
  return text.split("\n\n").slice(0, count);
}

function once(act: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => done ??= act();
}

describe("createDashboard()", () => {
  test("createDashboard() lists the runs below its folder and streams their events", async () => {
    await withRuns(async (folder) => {
      assert.deepEqual(await (await ask(folder, "/api/runs")).json(), [
        { run: "one", label: "one" },
        { run: "sweep/runs/two", label: "sweep/runs/two" },
      ]);
      const stream = await ask(folder, "/api/events?run=sweep/runs/two");
      assert.match(stream.headers.get("content-type")!, /^text\/event-stream/);
      const [first, second] = await events(stream, 2);
      assert.match(first!, /data: \{"run":"sweep\/runs\/two"\}\nid: 25/);
      assert.match(second!, /data: \{"n":2\}\nid: 33/);
    });
  });

  test("createDashboard() calls the runs of a sweep by trial and seed, in the sweep's order", async () => {
    await withRuns(async (folder) => {
      const plan = {
        seeds: [7],
        conditions: [{ id: "b", name: "Baseline" }, { id: "a", name: "T_g = 2" }],
        trials: [{ id: "two", condition: "b", seed: 7 }, { id: "gone", condition: "a", seed: 7 }],
      };
      await writeFile(join(folder, "sweep", "sweep.json"), JSON.stringify(plan));
      const runs = await (await ask(folder, "/api/runs")).json();
      assert.deepEqual(runs[1], { run: "sweep/runs/two", label: "sweep: Baseline, seed 7" });
      const below = await (await ask(join(folder, "sweep"), "/api/runs")).json();
      assert.deepEqual(below, [{ run: "runs/two", label: "Baseline, seed 7" }]);
      await writeFile(join(folder, "sweep", "sweep.json"), "torn {");
      assert.equal((await (await ask(folder, "/api/runs")).json())[1].label, "sweep/runs/two");
    });
  });

  test("createDashboard() goes on where a reconnecting page left off, and follows the file", async () => {
    await withRuns(async (folder) => {
      const headers = { "last-event-id": "14" };
      const stream = await ask(folder, "/api/events?run=one", { headers });
      const file = join(folder, "one", "events.jsonl");
      const act = once(() => appendFile(file, '{"n":3}\n{"torn'));
      const [first, second] = await events(stream, 2, { after: 1, act });
      assert.match(first!, /\{"n":2\}/);
      assert.match(second!, /\{"n":3\}/);
    });
  });

  test("createDashboard() says that a log was cut where a run went back", async () => {
    await withRuns(async (folder) => {
      const stream = await ask(folder, "/api/events?run=one");
      const act = once(() => truncate(join(folder, "one", "events.jsonl"), 14));
      const all = await events(stream, 4, { after: 2, act });
      assert.match(all[2]!, /event: cut/);
      assert.match(all[3]!, /\{"run":"one"\}/);
    });
  });

  test("createDashboard() opens nothing but the logs of listed runs", async () => {
    await withRuns(async (folder) => {
      const wrong = [
        "../secret",
        "..%2Fsecret",
        "one/../../secret",
        "/etc/passwd",
        "",
        "sweep",
        ".",
      ];
      for (const run of wrong) {
        const answer = await ask(folder, `/api/events?run=${run}`);
        assert.equal(answer.status, 404, run);
        assert.equal(await answer.text(), "there is no such run");
      }
      assert.equal((await ask(folder, "/one/events.jsonl")).status, 404);
    });
  });

  test("createDashboard() follows no link out of its folder", async () => {
    await withRuns(async (folder) => {
      await symlink(join(folder, "../secret"), join(folder, "linked"));
      await mkdir(join(folder, "three"));
      await symlink(join(folder, "../secret/events.jsonl"), join(folder, "three/events.jsonl"));
      assert.deepEqual(await (await ask(folder, "/api/runs")).json(), [
        { run: "one", label: "one" },
        { run: "sweep/runs/two", label: "sweep/runs/two" },
      ]);
      for (const run of ["linked", "three"]) {
        assert.equal((await ask(folder, `/api/events?run=${run}`)).status, 404, run);
      }
    });
  });

  test("createDashboard() changes nothing and answers only its own machine", async () => {
    await withRuns(async (folder) => {
      for (const method of ["POST", "PUT", "DELETE"]) {
        assert.equal((await ask(folder, "/api/runs", { method })).status, 405);
      }
      const elsewhere = { headers: { host: "evil.example" } };
      assert.equal((await ask(folder, "/api/runs", elsewhere)).status, 403);
      const page = await ask(folder, "/");
      const policy = page.headers.get("content-security-policy")!;
      assert.match(policy, /default-src 'none'/);
      assert.match(policy, /script-src 'sha256-[\w+/]{43}=';/); // and so no script from a name
      assert.doesNotMatch(await page.text(), /https?:\/\//);
    });
  });
});
