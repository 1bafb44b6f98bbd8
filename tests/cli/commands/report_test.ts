import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { TINY_GRID } from "../../support/tiny_sweep.ts";
import { decodePng } from "../../../lib/data/codecs/png_decode.ts";
import { chromiumSkip, type Page, withPage } from "../../support/chromium.ts";
import { runHere } from "../../support/cli_terminal.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const SECTIONS = ["results", "training", "classes", "confusion", "discriminator", "calibration"]
  .concat("pictures", "warnings", "config", "environment");

/** Runs a sweep of 2 x 2 trials over 2 seeds and reports on it. */
async function reported(folder: string): Promise<string> {
  const grid = TINY_GRID.replace("[0.5, 2]", "[0.5, 2]\n  adversarial.weight: [0.05, 0.1]");
  await writeFile(join(folder, "grid.yaml"), grid);
  const dir = join(folder, "sweep");
  await runHere("sweep", "plan", join(folder, "grid.yaml"), "-o", dir);
  const ran = await runHere("sweep", "run", dir);
  assert.equal(ran.code, 0, ran.err);
  const out = join(folder, "report.html");
  const figures = join(folder, "figures");
  const args = ["report", dir, "-o", out, "--figures", figures, "--backend", "wasm"];
  const { code, err, out: said } = await runHere(...args);
  assert.equal(code, 0, err);
  assert.match(said, /wrote a report on 10 runs/);
  return out;
}

/** One series alone and all again; a figure as SVG and as PNG, with its title and legend. */
async function pressesButtons(page: Page): Promise<void> {
  const faint = `[...document.querySelectorAll("#training svg path")].filter((path) =>
    getComputedStyle(path).opacity < 0.1).length`;
  await page.evaluate("document.querySelector('.key button').click()");
  assert.ok(await page.evaluate<number>(faint) > 0, "the others step back");
  await page.evaluate("document.querySelector('.key button').click()");
  assert.equal(await page.evaluate<number>(faint), 0);
  await page.evaluate(`(() => {
    window.saved = [];
    HTMLAnchorElement.prototype.click = function () { saved.push([this.download, this.href]); };
    for (const kind of ["svg", "png"]) {
      document.querySelector('[data-name="loss-seg"] [data-save="' + kind + '"]').click();
    }
  })()`);
  await page.until("saved.length === 2");
  const [[svg, drawn], [png, painted]] = await page.evaluate<[string, string][]>("saved") as [
    [string, string],
    [string, string],
  ];
  assert.deepEqual([svg, png], ["loss-seg.svg", "loss-seg.png"]);
  assert.match(decodeURIComponent(drawn), />L_seg.*>Baseline<.*>tg=2, weight=0\.1</s);
  const { width, height } = decodePng(Buffer.from(painted.split(",")[1]!, "base64"), { file: png });
  assert.ok(width >= 880 && height >= 480, `${width} x ${height}`);
}

describe("segadv report", () => {
  test(
    "segadv report on a sweep looks right in Chromium, wide, narrow and dark, without network or errors",
    {
      skip: chromiumSkip,
    },
    async () => {
      const folder = temporaryFolder();
      const url = pathToFileURL(await reported(folder)).href;
      const screens = [{ width: 1280 }, { width: 390 }, { width: 390, dark: true }];
      for (const screen of screens) {
        await withPage(url, screen, async (page) => {
          const texts = await page.evaluate<Record<string, number>>(
            `Object.fromEntries([...document.querySelectorAll("section")].map((s) =>
              [s.id, s.innerText.length + 100 * s.querySelectorAll("svg, img").length]))`,
          );
          assert.deepEqual(Object.keys(texts), SECTIONS);
          for (const [id, size] of Object.entries(texts)) {
            assert.ok(size > (id === "warnings" ? 10 : 100), `${id} is empty`);
          }
          const overflow = await page.evaluate<number>(
            "document.documentElement.scrollWidth - innerWidth",
          );
          assert.ok(overflow <= 0, `${overflow} pixels too wide at ${screen.width}`);
          const [ink, paper] = await page.evaluate<string[]>(
            "(({ color, backgroundColor }) => [color, backgroundColor])(getComputedStyle(document.body))",
          );
          const light = (color: string): number => Number(/\d+/.exec(color)![0]);
          assert.equal(light(ink!) > light(paper!), screen.dark === true, `${ink} on ${paper}`);
          const broken = await page.evaluate<number>(
            "[...document.images].filter((image) => image.naturalWidth === 0).length",
          );
          assert.equal(broken, 0);
          assert.deepEqual(page.errors, []);
          await pressesButtons(page);
          const foreign = page.requests.filter((asked) => !/^(file|data):/.test(asked));
          assert.deepEqual(foreign, []);
        });
      }
      const files = await readdir(join(folder, "figures"));
      assert.ok(files.includes("miou.svg") && files.includes("picture-1-image.png"));
    },
  );

  test("segadv report on single runs needs no sweep, and no network where no image is wanted", async () => {
    const folder = temporaryFolder();
    const run = join(folder, "run");
    const tiny = [
      "--set",
      "model.width=0.03",
      "--set",
      "data.crop=[32,32]",
      "--max-steps",
      "2",
      "--no-report",
    ];
    assert.equal((await runHere("train", "--backend", "wasm", ...tiny, "--out", run)).code, 0);
    const out = join(folder, "r.html");
    assert.equal((await runHere("report", run, "-o", out, "--images", "0")).code, 0);
    assert.match(await readFile(out, "utf8"), /The networks were not analysed/);
    const wrong = await runHere("report", folder, "-o", out);
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /is neither the folder of a run nor of a sweep/);
  });
});
