import assert from "node:assert/strict";
import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { decodePng } from "../../lib/data/codecs/png_decode.ts";
import { chromiumSkip, type Page, withPage } from "../support/chromium.ts";
import { runHere } from "../support/cli_terminal.ts";
import { bundlePage, leftOutside } from "../../tasks/bundle_page.ts";
import { withPageServer } from "../support/page_server.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();
const PICTURE = "fixtures/VOCdevkit/VOC2012/JPEGImages/shapes_15.jpg";

/** A folder with the bundle, a run, a picture, and a page that has it all in `window`. */
async function preparePage(): Promise<{ folder: string; map: Uint8Array }> {
  const folder = temporaryFolder();
  const run = join(folder, "run");
  const trained = await runHere("train", "--backend", "wasm", "--max-steps", "3", "--out", run);
  assert.equal(trained.code, 0, trained.err);
  const out = join(folder, "maps");
  const predicted = await runHere("predict", run, PICTURE, "--backend", "wasm", "--out", out);
  assert.equal(predicted.code, 0, predicted.err);
  const map = decodePng(await readFile(join(out, "shapes_15.png")), { file: "map" });
  await copyFile(PICTURE, join(folder, "picture.jpg"));
  const paths = [
    "config.yaml",
    ...(await readdir(join(run, "best"))).map((name) => `best/${name}`),
  ];
  await writeFile(
    join(folder, "index.html"),
    `<!doctype html><link rel="icon" href="data:,"><title>test</title><script type="module">
import * as segadv from "./segadv.js";
const bytesOf = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer());
window.program = (async () => {
  const start = performance.now();
  const backend = await segadv.usePageBackend({ backend: "wasm" });
  const files = await Promise.all(${JSON.stringify(paths)}.map(async (path) =>
    ({ path: "run/" + path, content: await bytesOf("run/" + path) })));
  const { model, normalize, config, classes, pictures } = await segadv.openModel(files);
  const image = await segadv.decodeImage(await bytesOf("picture.jpg"), { ...pictures, file: "it" });
  const map = await segadv.predict(model, image, { ...config.inference, normalize });
  const milliseconds = performance.now() - start;
  const { device, oneThread } = backend;
  const threads = Number(/(\\d+) thread/.exec(device)[1]), cores = navigator.hardwareConcurrency;
  const hash = await segadv.weightsSha256(model.layers);
  return { map: [...map.data], threads, cores, oneThread, milliseconds, hash,
    classes: classes.length };
})().catch((error) => ({ error: String(error?.stack ?? error?.message) }));
window.ready = true;
</script>`,
  );
  return { folder, map: map.data as Uint8Array };
}

/** What the page's program gives. */
interface Answer {
  error?: string;
  map: number[];
  threads: number;
  cores: number;
  oneThread: string | null;
  milliseconds: number;
  hash: string;
}

async function answerOf(page: Page): Promise<Answer> {
  await page.until("window.ready");
  const answer = await page.evaluate<Answer>("window.program");
  assert.equal(answer.error, undefined, answer.error);
  return answer;
}

describe("openModel()", { skip: chromiumSkip }, () => {
  test("openModel() is bundled without any module of Node, and predicts as the command line does", async () => {
    const { folder, map } = await preparePage();
    const record = await bundlePage({ segadv: "lib/browser/mod.ts" }, folder);
    assert.deepEqual(leftOutside(record), []);
    for (const isolated of [true, false]) {
      await withPageServer(folder, { isolated }, async (url) => {
        await withPage(`${url}index.html`, { width: 800 }, async (page) => {
          const answer = await answerOf(page);
          assert.deepEqual(answer.map, [...map]);
          if (isolated) assert.deepEqual([answer.oneThread, answer.threads], [null, answer.cores]);
          else assert.match(answer.oneThread!, /^one thread: .*Cross-Origin-Opener-Policy/);
          assert.deepEqual(page.errors, []);
        });
      });
    }
  });
});
