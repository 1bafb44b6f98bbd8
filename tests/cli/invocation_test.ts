import assert from "node:assert/strict";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { invocation, invocationOf, selfCommandOf } from "../../cli/invocation.ts";

const entry = pathToFileURL(join(process.cwd(), "cli", "mod.ts"));
const remote = new URL("https://modules.example/@segadv/cli/0.2.0/mod.ts");
const npm = { form: "npm", entry } as const;
const here = { execPath: "/bin/runtime", argv: ["/bin/runtime", "/modules/bin/segadv.js"] };

test("invocation() is what one would type here, or what a bundle says it is", () => {
  const runtime = "Deno" in globalThis ? /^deno run -A / : /^bun /;
  assert.match(invocation(), runtime);
  const scope = globalThis as { segadvInvocation?: string };
  scope.segadvInvocation = "sh start.sh";
  try {
    assert.equal(invocation(), "sh start.sh");
  } finally {
    delete scope.segadvInvocation;
  }
  assert.match(invocation(), runtime);
});

test("invocationOf() knows sources, both registries and a compiled program", () => {
  const path = join("cli", "mod.ts");
  assert.equal(invocationOf({ runtime: "deno", form: "source", entry }), `deno run -A ${path}`);
  assert.equal(invocationOf({ runtime: "bun", form: "source", entry }), `bun ${path}`);
  const jsr = invocationOf({ runtime: "deno", form: "source", entry: remote });
  assert.equal(jsr, "deno run -A jsr:@segadv/cli");
  assert.equal(invocationOf({ runtime: "node", ...npm }), "npx segadv");
  assert.equal(invocationOf({ runtime: "bun", ...npm }), "bunx segadv");
  assert.equal(invocationOf({ runtime: "deno", ...npm }), "deno run -A npm:segadv");
});

test("selfCommandOf() starts the same program: the file, the package by name, or the binary", () => {
  const deno = ["/bin/runtime", "run", "-A"];
  const source = { runtime: "deno", form: "source", entry: remote } as const;
  assert.deepEqual(selfCommandOf(source, here), [...deno, remote.href]);
  assert.deepEqual(selfCommandOf({ runtime: "node", ...npm }, here), here.argv);
  const [name = ""] = selfCommandOf({ runtime: "deno", ...npm }, here).slice(3);
  assert.match(name, /^npm:segadv@\d+\.\d+\.\d+/);
  assert.deepEqual(selfCommandOf({ ...source, form: "binary" }, here), ["/bin/runtime"]);
});
