/**
 * `deno task release [VERSION]`: makes what a release publishes and publishes nothing.
 *
 * It sets the version where one is given, checks that all manifests agree on versions and exports,
 * writes CHANGELOG.md, lets `deno publish --dry-run` check both packages for JSR, and makes both for
 * npm in `dist/npm`. Whoever releases commits, and pushes the tag `vVERSION`, which makes
 * `.github/workflows/publish.yml` publish.
 *
 * @module
 */
import { execFile, execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { buildNpm } from "./build_npm.ts";
import { checkExportsMaps } from "./checks/exports_map.ts";
import { readTree } from "./checks/tree.ts";
import { changelog, type Commit } from "./release/changelog.ts";

const ROOT = resolve(import.meta.dirname!, "..");
const MANIFESTS = ["deno.json", "package.json", "cli/deno.json", "cli/package.json"];
const VERSION = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/** Writes a version into every manifest and CITATION.cff. */
async function setVersion(version: string): Promise<void> {
  if (!VERSION.test(version)) {
    throw new RangeError(`Cannot release "${version}": a version is written as 1.2.3`);
  }
  const replace = async (path: string, [from, to]: [RegExp, string]): Promise<void> => {
    const text = await readFile(join(ROOT, path), "utf8");
    await writeFile(join(ROOT, path), text.replace(from, to));
  };
  for (const path of MANIFESTS) {
    await replace(path, [/^( {2}"version": )"[^"]*"/m, `$1"${version}"`]);
  }
  await replace("CITATION.cff", [/^version: .*$/m, `version: ${version}`]);
}

/** All commits of this branch from the newest, those with a version's tag marked. */
function readCommits(): Commit[] {
  const format = "--format=%cs%x09%(decorate:prefix=,suffix=,separator=%x20)%x09%s";
  const text = execFileSync("git", ["log", "--no-merges", "--decorate=full", format], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return text.trim().split("\n").map((line) => {
    const [date = "", names = "", title = ""] = line.split("\t");
    const version = /refs\/tags\/v(\S+)/.exec(names)?.[1];
    return { title, date, ...(version !== undefined && { version }) };
  });
}

async function main(given: string | undefined): Promise<void> {
  if (given !== undefined) await setVersion(given);
  const { version } = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  const problems = checkExportsMaps(await readTree(ROOT));
  for (const { path, message } of problems) console.error(`${path}: ${message}`);
  if (problems.length > 0) throw new Error(`Cannot release ${version}: manifests disagree`);

  await writeFile(join(ROOT, "CHANGELOG.md"), changelog(readCommits(), version));
  await promisify(execFile)(process.execPath, ["fmt", "--quiet", "CHANGELOG.md"], { cwd: ROOT });
  for (const folder of [".", "cli"]) {
    execFileSync(process.execPath, ["publish", "--dry-run", "--allow-dirty"], {
      cwd: join(ROOT, folder),
      stdio: "inherit",
    });
  }
  for (const archive of await buildNpm(join(ROOT, "dist/npm"))) console.log(archive);
  console.log(`\n${version} is ready: commit, then git tag v${version} and push both`);
}

if (import.meta.main) {
  await main(process.argv[2]).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
