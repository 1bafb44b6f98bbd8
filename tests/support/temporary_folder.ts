import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

/**
 * Makes temporary folders, which are removed after the tests. Called once, at the top of a test file
 * or of a `describe()`: a folder may then be shared by several tests.
 */
export function temporaryFolders(): () => string {
  const folders: string[] = [];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return () => {
    const folder = mkdtempSync(join(tmpdir(), "segadv-test-"));
    folders.push(folder);
    return folder;
  };
}
