import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { checkDocs } from "../../tasks/checks/docs.ts";
import { places } from "./_tree_file.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

const skip = "Deno" in globalThis ? false : "deno doc exists in Deno only";

describe("checkDocs()", () => {
  test(
    "checkDocs() accepts documented symbols, and an example for each public function",
    { skip },
    async () => {
      const source = [
        "/** One. */\nexport const one: number = 1;",
        "/**\n * Adds.\n *\n * @example\n * ```ts\n * add(1, 2);\n * ```\n */",
        "export function add(a: number, b: number): number { return a + b; }",
        "function hidden(): void {}\nhidden();\n",
      ].join("\n");
      assert.deepEqual(await check(source), []);
    },
  );

  test("checkDocs() finds an exported symbol without a doc comment", { skip }, async () => {
    assert.deepEqual(await check("\nexport interface A { b: 1 }\n"), ["m.ts:2"]);
    assert.deepEqual(await check("/** */\nexport const one: number = 1;\n"), ["m.ts:2"]);
  });

  test("checkDocs() lets one example stand for the functions that it calls", { skip }, async () => {
    const example = " * @example\n * ```ts\n * free(make<number>());\n * ```\n";
    const make = `/**\n * Makes.\n *\n${example} */\nexport function make(): void {}\n`;
    const source = `${make}/** Frees. */\nexport function free(): void {}\n`;
    assert.deepEqual(await check(source), []);
    assert.deepEqual(await check(source.replace("function free", "function release")), ["m.ts:11"]);
  });

  test(
    "checkDocs() finds a public function without an example, private modules apart",
    { skip },
    async () => {
      const source = "/** Adds. */\nexport function add(): void {}\n";
      assert.deepEqual(await check(source), ["m.ts:2"]);
      assert.deepEqual(await check(source, { isEntry: false }), []);
    },
  );

  test("checkDocs() follows a re-export to what it names", { skip }, async () => {
    const source = 'export { add } from "./original.ts";\n';
    const undocumented = "export function add(): void {}\n";
    assert.deepEqual(await check(source, { original: undocumented }), ["original.ts:1"]);
    const original = `/** Adds. */\n${undocumented}`;
    assert.deepEqual(await check(source, { original }), ["original.ts:2"]);
    assert.deepEqual(await check(source, { original, isEntry: false }), []);
  });
});

async function check(source: string, { isEntry = true, original = "" } = {}): Promise<string[]> {
  const folder = temporaryFolder();
  await writeFile(join(folder, "m.ts"), source);
  await writeFile(join(folder, "original.ts"), original);
  const { stdout } = await promisify(execFile)(process.execPath, [
    "doc",
    "--json",
    "m.ts",
    "original.ts",
  ], {
    cwd: folder,
  });
  const root = pathToFileURL(`${folder}/`).href;
  return places(checkDocs(JSON.parse(stdout), { entries: isEntry ? [`${root}m.ts`] : [], root }));
}
