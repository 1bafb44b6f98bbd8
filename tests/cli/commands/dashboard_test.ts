import assert from "node:assert/strict";
import { appendFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { serveDashboard } from "../../../cli/dashboard/create_dashboard.ts";
import { runCli } from "../../../cli/create_cli.ts";
import { chromiumSkip, withPage } from "../../support/chromium.ts";
import { recordedStream, runHere } from "../../support/cli_terminal.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const TINY = ["--backend", "wasm", "--set", "model.width=0.03", "--set", "data.crop=[32,32]"]
  .concat("--set", "validation.every=1", "--epochs", "2", "--no-report");

/** Serves a folder for as long as `use` runs. */
async function served(folder: string, use: (url: string) => Promise<void>): Promise<void> {
  const terminal = { out: recordedStream(), err: recordedStream() };
  const controller = new AbortController();
  const { signal } = controller;
  const code = runCli(["dashboard", folder, "--port", "0"], { terminal, signal });
  try {
    while (!/http\S+/.test(terminal.out.text)) {
      assert.equal(terminal.err.text, "");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await use(/http\S+/.exec(terminal.out.text)![0]);
  } finally {
    controller.abort();
  }
  assert.equal(await code, 0);
}

describe("segadv dashboard", () => {
  test(
    "segadv dashboard shows hostile names and logs as the text they are",
    { skip: chromiumSkip },
    async () => {
      const evil = `<img src=x onerror="document.title='evil'">`;
      const folder = temporaryFolder();
      const run = join(folder, `${evil.replaceAll("/", "")} run`);
      await mkdir(run);
      const events = [
        { type: "start", totalSteps: evil },
        { type: "step", step: evil, epoch: evil, logs: { "loss/seg": 1 }, imagesPerSecond: evil },
        { type: "step", step: 1, epoch: evil, logs: { ["__proto__"]: 1, [evil]: 1 } },
        { type: "warning", step: evil, message: evil },
        { type: "sample", epoch: evil, id: evil, png: `"${evil}` },
        { type: "end", reason: evil, step: evil },
      ];
      const lines = events.map((event) => JSON.stringify(event) + "\n").join("");
      await writeFile(join(run, "events.jsonl"), lines);
      await served(folder, async (url) => {
        await withPage(url, { width: 800 }, async (page) => {
          await page.until("document.querySelector('#state').textContent.includes('onerror')");
          assert.equal(await page.evaluate("document.querySelectorAll('img').length"), 1); // png
          assert.equal(await page.evaluate("document.title"), "segadv");
          assert.equal(await page.evaluate("document.querySelectorAll('[onerror]').length"), 0);
          assert.match(
            await page.evaluate("document.querySelector('option').text"),
            /^<img src=x/,
          );
        });
      });
    },
  );

  test(
    "segadv dashboard shows a real run in Chromium while it goes",
    { skip: chromiumSkip },
    async () => {
      const folder = temporaryFolder();
      const runs = join(folder, "runs");
      await mkdir(runs);
      await served(runs, async (url) => {
        assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
        await withPage(url, { width: 390 }, async (page) => {
          await page.until("document.querySelectorAll('option').length === 0");
          const args = ["train", ...TINY, "--out", join(runs, "live"), "--tensorboard", "--csv"];
          const training = runHere(...args);
          await page.until("document.querySelectorAll('#charts svg').length >= 5");
          assert.equal((await training).code, 0);
          await page.until("document.querySelector('#state').textContent.startsWith('finished')");
          await page.until("document.querySelectorAll('#pictures img').length === 2");
          const titles = await page.evaluate<string>("document.querySelector('#charts').innerText");
          for (const title of ["L_seg", "validation", "D(real), D(fake)", "drift of D"]) {
            assert.ok(titles.includes(title), title);
          }
          const overflow = "document.documentElement.scrollWidth - innerWidth";
          assert.ok(await page.evaluate<number>(overflow) <= 0);
          assert.deepEqual(page.errors, []);
          const foreign = page.requests.filter((asked) =>
            !asked.startsWith(url) && !asked.startsWith("data:")
          );
          assert.deepEqual(foreign, []);
        });
      });
    },
  );

  test(
    "segadv dashboard's page goes on after the server was away, each step once",
    { skip: chromiumSkip },
    async () => {
      const folder = temporaryFolder();
      await mkdir(join(folder, "one"));
      const log = join(folder, "one", "events.jsonl");
      const step = (n: number): string =>
        JSON.stringify({ type: "step", step: n, epoch: 1, logs: { "loss/seg": n } }) + "\n";
      await writeFile(log, step(1) + step(2));
      const first = await serveDashboard(folder, 0);
      const port = Number(new URL(first.url).port);
      await withPage(first.url, { width: 800 }, async (page) => {
        const state = "document.querySelector('#state').textContent";
        const link = "document.querySelector('#link').textContent";
        await page.until(`${state}.includes('step 2 ')`);
        await first.close();
        await page.until(`${link}.includes('lost')`);
        await appendFile(log, step(3) + step(4));
        const second = await serveDashboard(folder, port);
        try {
          await page.until(`${state}.includes('step 4 ') && ${link} === 'connected'`);
          await page.until("document.querySelectorAll('#charts circle').length >= 4");
          assert.equal(
            await page.evaluate("document.querySelectorAll('#charts circle').length"),
            4,
          );
        } finally {
          await second.close();
        }
      });
    },
  );

  test("segadv dashboard refuses a folder that is not there and a port that is no port", async () => {
    const folder = temporaryFolder();
    const missing = await runHere("dashboard", join(folder, "no"));
    assert.deepEqual([missing.code, /There is no folder/.test(missing.err)], [2, true]);
    const out = join(folder, "run");
    const wrong = await runHere("train", ...TINY, "--out", out, "--dashboard", "http");
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /Expected a port from 0 to 65535 after --dashboard, got http/);
    const live = await runHere("train", ...TINY, "--out", out, "--dashboard", "0");
    assert.equal(live.code, 0, live.err);
    assert.match(live.err, /live view: http:\/\/127\.0\.0\.1:\d+\//);
  });
});
