/** What the prose promises, held against the code. Its TypeScript blocks run in `deno task doc`. */
import assert from "node:assert/strict";
import { access, glob, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { createCli } from "@segadv/cli";
import { configKeys, loadConfig, presets } from "@segadv/segadv";
import { parseGrid } from "@segadv/segadv/sweep";
import { LAYERS } from "../../tasks/checks/imports.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = [
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "RELIABILITY.md", "cli/README.md"],
  "docs/method.md",
];

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

test("README.md has configurations and grids that are accepted", async () => {
  const blocks = [...(await read("README.md")).matchAll(/^```yaml\n([^]*?)^```/gm)];
  assert(blocks.length >= 2);
  for (const [, yaml] of blocks) {
    if (/^seeds:/m.test(yaml!)) parseGrid(yaml!, "grid.yaml");
    else await loadConfig({ yaml: yaml!, overrides: { "data.dir": "pets" } });
  }
});

test("README.md and the other pages name only keys that the configuration has", async () => {
  const keys = configKeys();
  const sections = new Set(keys.flatMap((key) => key.includes(".") ? key.split(".")[0]! : []));
  const pattern = new RegExp(`\`((?:${[...sections].join("|")})(?:\\.\\w+)+)`, "g");
  for (const page of pages) {
    for (const [, name] of (await read(page)).matchAll(pattern)) {
      if (/\.(json|ts)$/.test(name!)) continue;
      assert(keys.some((key) => `${key}.`.startsWith(`${name}.`)), `${page}: ${name}`);
    }
  }
});

test("ARCHITECTURE.md lists the layers as imports are checked", async () => {
  const section = (await read("ARCHITECTURE.md")).split("\n## Layers\n")[1]!.split("\n## ")[0]!;
  const rows = [...section.matchAll(/^\| ((?:`[\w/.]+` *)+)\|/gm)];
  assert.deepEqual(
    rows.map(([, names]) => [...names!.matchAll(/`([^`]+)`/g)].map(([, name]) => name)),
    LAYERS,
  );
});

test("docs/method.md has the headings that comments name", async () => {
  const headings = [...(await read("docs/method.md")).matchAll(/^#+ (.*)$/gm)];
  const known = new Set(headings.map(([, heading]) => heading));
  let named = 0;
  for await (const path of glob("lib/**/*.ts", { cwd: root })) {
    const text = (await read(path)).replace(/\n\s*\* /g, " ");
    for (const [, heading] of text.matchAll(/method\.md, "([^"]+)"/g)) {
      assert(known.has(heading!), `${path}: ${heading}`);
      named++;
    }
  }
  assert(named >= 20);
});
