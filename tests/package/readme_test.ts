/** What the prose promises, held against the code. Its TypeScript blocks run in `deno task doc`. */
import assert from "node:assert/strict";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createCli } from "@segadv/cli";
import { presets } from "@segadv/segadv";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "cli/README.md"];

async function read(path: string): Promise<string> {
  return await readFile(join(root, path), "utf8");
}

/** First cells of the table in a section of README.md. */
async function rows(section: string): Promise<string[]> {
  const text = (await read("README.md")).split(`\n## ${section}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...text.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name!);
}

test("README.md has a row for every preset and for nothing else", async () => {
  assert.deepEqual(await rows("Presets"), [...presets.keys()]);
});

test("README.md has a row for every command and for nothing else", async () => {
  const program = createCli();
  const names = program.createHelp().visibleCommands(program).map((command) => command.name());
  assert.deepEqual([...await rows("Commands"), "help"].sort(), names.sort());
});

test("deno.json has every task that the prose names", async () => {
  const { tasks } = JSON.parse(await read("deno.json"));
  const text = (await Promise.all(pages.map(read))).join("\n");
  const named = new Set(
    [...text.matchAll(/deno\s+task (?:--quiet )?([\w:]+)/g)].map(([, name]) => name!),
  );
  assert(named.size >= 3);
  assert.deepEqual([...named].filter((name) => !(name in tasks)), []);
});

test("deno.json runs only files that exist", async () => {
  const { tasks } = JSON.parse(await read("deno.json"));
  for (const [name, task] of Object.entries<string | { command: string }>(tasks)) {
    const command = typeof task === "string" ? task : task.command;
    for (const [path] of command.matchAll(/\b[\w/]+\.(ts|py|md)\b/g)) {
      await assert.doesNotReject(access(join(root, path)), `${name}: ${path}`);
    }
  }
});

test("ARCHITECTURE.md names only files and folders that exist", async () => {
  const text = await read("ARCHITECTURE.md");
  const paths = [...text.matchAll(/`((?:lib|cli|bench|tasks|tests)\/[\w/.]*)`/g)].map(([, path]) =>
    path!
  );
  assert(paths.length >= 15);
  for (const path of paths.filter((path) => !/NAME|BACKEND/.test(path))) {
    await assert.doesNotReject(access(join(root, path)), path);
  }
});

test("README.md and the other pages link only to files that exist", async () => {
  for (const page of pages) {
    for (const [, target] of (await read(page)).matchAll(/\]\((\.[^)#]+)/g)) {
      await assert.doesNotReject(access(join(root, page, "..", target!)), `${page}: ${target}`);
    }
  }
});
