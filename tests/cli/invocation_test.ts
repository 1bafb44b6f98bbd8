import assert from "node:assert/strict";
import { test } from "node:test";
import { invocation } from "../../cli/invocation.ts";

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
