import assert from "node:assert/strict";
import { test } from "node:test";
import { changelog } from "../../tasks/release/changelog.ts";

test("changelog() sorts titles by version and kind, and leaves out what users do not notice", () => {
  const text = changelog([
    { title: "feat(cli): `a_b` and c_d*", date: "2026-02-03" },
    { title: "docs: words", date: "2026-02-02" },
    { title: "fix(data)!: other pixels", date: "2026-02-01" },
    { title: "fix: one", date: "2026-01-02", version: "0.1.0" },
    { title: "fix: one", date: "2026-01-01" },
    { title: "no type", date: "2026-01-01" },
  ], "0.2.0");
  const [, newest = "", oldest = ""] = text.split("\n## ");
  assert.match(
    newest,
    /^0\.2\.0 \(2026-02-03\)\n\n### Incompatible\n\n- \*\*data\*\*: other pixels\n/,
  );
  assert.match(newest, /### Added\n\n- \*\*cli\*\*: `a_b` and c\\_d\\\*\n/);
  assert.match(newest, /### Fixed\n\n- \*\*data\*\*: other pixels\n/);
  assert.equal(oldest, "0.1.0 (2026-01-02)\n\n### Fixed\n\n- one\n");
  assert.doesNotMatch(text, /words|no type/);
});
