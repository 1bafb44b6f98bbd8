import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { deflateSync } from "node:zlib";
import { pathToFileURL } from "node:url";
import { buildStudioSite, serveStudio } from "../../../cli/studio/serve_studio.ts";
import { decodePng } from "../../../lib/data/codecs/png_decode.ts";
import { crc32 } from "../../../lib/util/deflate.ts";
import { buildStudio } from "../../../tasks/build_studio.ts";
import { chromiumSkip, type Page, withPage } from "../../support/chromium.ts";
import { runHere } from "../../support/cli_terminal.ts";
import { withPageServer } from "../../support/page_server.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();
const PICTURE = "fixtures/VOCdevkit/VOC2012/JPEGImages/shapes_15.jpg";

/** Puts a file into the page's field for pictures, as a user would. */
async function choose(page: Page, { name, bytes }: { name: string; bytes: Uint8Array }) {
  await page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob("${
    btoa(String.fromCharCode(...bytes))
  }"), (c) => c.charCodeAt());
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], ${JSON.stringify(name)}));
    const field = document.getElementById("picture");
    field.files = transfer.files;
    field.dispatchEvent(new Event("change"));
  })()`);
}

/** A PNG whose header promises little and whose data hold much more. */
function bomb(width: number, height: number): Uint8Array {
  const chunk = (type: string, body: Uint8Array): number[] => {
    const bytes = [...new TextEncoder().encode(type), ...body];
    const word = (value: number): number[] => [24, 16, 8, 0].map((by) => value >>> by & 255);
    return [...word(body.length), ...bytes, ...word(crc32(Uint8Array.from(bytes)))];
  };
  const head = new Uint8Array(13);
  new DataView(head.buffer).setUint32(0, width);
  new DataView(head.buffer).setUint32(4, height);
  head.set([8, 0], 8);
  const data = deflateSync(new Uint8Array(2 ** 25), { level: 9 });
  const chunks = [["IHDR", head], ["IDAT", data], ["IEND", new Uint8Array()]] as const;
  const signature = [137, 80, 78, 71, 13, 10, 26, 10];
  return Uint8Array.from([...signature, ...chunks.flatMap(([type, body]) => chunk(type, body))]);
}

function text(id: string): string {
  return `document.getElementById("${id}").textContent`;
}

describe("segadv studio", () => {
  test("segadv studio shows a picture's classes at once, equal to those of segadv predict", {
    skip: chromiumSkip,
  }, async () => {
    const folder = temporaryFolder();
    const [run, out, page] = ["run", "maps", "page"].map((name) => join(folder, name));
    await buildStudio(page!);
    await runHere("train", "--backend", "wasm", "--max-steps", "3", "--out", run!);
    await runHere("predict", run!, PICTURE, "--backend", "wasm", "--out", out!);
    const map = decodePng(await readFile(join(out!, "shapes_15.png")), { file: "map" });
    const options = { network: run!, page: pathToFileURL(`${page}/`) };
    const picture = { name: "shapes.jpg", bytes: await readFile(PICTURE) };

    const studio = await serveStudio(options, 0);
    const site = join(folder, "site");
    await buildStudioSite(options, site);
    const check = async (url: string, isolated: boolean): Promise<void> => {
      for (const [width, dark] of [[390, true], [1280, false]] as const) {
        await withPage(url, { width, dark }, async (opened) => {
          await opened.until(`${text("network")}.includes("classes") || ${text("error")} !== ""`);
          assert.equal(await opened.evaluate(text("error")), "");
          assert.equal(
            (await opened.evaluate<string>(text("network"))).includes("one thread:"),
            !isolated,
          );
          await choose(opened, picture);
          await opened.until(
            `${text("state")}.startsWith("shapes.jpg: ") || ${text("error")} !== ""`,
          );
          assert.equal(await opened.evaluate(text("error")), "");
          const saved = await opened.evaluate<number[]>(
            `fetch(document.getElementById("save").href).then((r) => r.arrayBuffer())
              .then((b) => [...new Uint8Array(b)])`,
          );
          const found = decodePng(Uint8Array.from(saved), { file: "saved" });
          assert.deepEqual(found.data, map.data);
          assert.deepEqual(found.palette, map.palette);
          const shares = await opened.evaluate<string[]>(
            `[...document.querySelectorAll("#classes span:last-child")].map((e) => e.textContent)`,
          );
          const sum = shares.reduce((all, share) => all + parseFloat(share), 0);
          assert.ok(Math.abs(sum - 100) < 0.2, shares.join());
          const pixels = `[...document.getElementById("view").getContext("2d")
            .getImageData(0, 0, 8, 8).data].join()`;
          const before = await opened.evaluate<string>(pixels);
          await opened.evaluate(
            `document.querySelectorAll("#classes input").forEach((box) => box.click())`,
          );
          assert.notEqual(await opened.evaluate(pixels), before);
          const overflow = "document.documentElement.scrollWidth - innerWidth";
          assert.ok(await opened.evaluate<number>(overflow) <= 0);
          await choose(opened, { name: "bomb.png", bytes: bomb(64, 64) });
          await opened.until(`${text("error")} !== ""`);
          assert.match(await opened.evaluate(text("error")), /bomb\.png.*holds more than/);
          await choose(opened, { name: "huge.png", bytes: bomb(60_000, 60_000) });
          await opened.until(`${text("error")}.includes("huge.png")`);
          assert.match(await opened.evaluate(text("error")), /more than the limit/);
          assert.deepEqual(opened.errors, []);
          const foreign = opened.requests.filter((asked) => !/^(blob:|data:)/.test(asked))
            .filter((asked) => !asked.startsWith(url));
          assert.deepEqual(foreign, []);
        });
      }
    };
    try {
      await check(studio.url, true);
    } finally {
      await studio.close();
    }
    await withPageServer(site, { isolated: false }, async (url) => await check(url, false));
  });

  test("segadv studio refuses a folder that is not there", async () => {
    const { code, err } = await runHere("studio", join(temporaryFolder(), "no"));
    assert.deepEqual([code, /There is no folder .*no: give the folder/.test(err)], [2, true]);
  });
});
