/**
 * The repository checks: rules that need more than one file, or something else than the syntax
 * tree. Run by `deno task checks`, one line an offence.
 */
import { pathToFileURL } from "node:url";
import process from "node:process";
import { stripVTControlCharacters } from "node:util";
import { libraryCatalog } from "./build_catalog.ts";
import { checkCatalog } from "./checks/catalog.ts";
import { checkDocs, readDocs } from "./checks/docs.ts";
import elsewhere from "./checks/elsewhere.json" with { type: "json" };
import { checkExportNames } from "./checks/export_names.ts";
import { checkExportsMaps } from "./checks/exports_map.ts";
import { checkFileSize } from "./checks/file_size.ts";
import { checkForeignData } from "./checks/foreign_data.ts";
import { checkForeignNames } from "./checks/foreign_names.ts";
import { checkIgnoreReasons } from "./checks/ignore_reason.ts";
import { checkImports, describeImports } from "./checks/imports.ts";
import { checkPrivateShare, describePrivateShare } from "./checks/private_share.ts";
import { checkTestMirror } from "./checks/test_mirror.ts";
import { checkTestNames } from "./checks/test_names.ts";
import { type Problem, readTree, textOf, type TreeFile } from "./checks/tree.ts";
import { checkVocabulary } from "./checks/vocabulary.ts";

/** What all checks find in a checkout, and a line of figures of some. */
export interface CheckReport {
  problems: Problem[];
  figures: string[];
}

/** Runs every check over a checkout. */
export async function checkRepository(folder: string): Promise<CheckReport> {
  const files = await readTree(folder);
  const imports = checkImports(files);
  const share = checkPrivateShare(files);
  const problems = [
    ...checkFileSize(files),
    ...checkIgnoreReasons(files),
    ...checkExportNames(files),
    ...checkExportsMaps(files),
    ...checkTestMirror(files, elsewhere),
    ...checkTestNames(files),
    ...checkForeignNames(files),
    ...checkForeignData(files),
    ...imports.problems,
    ...share.problems,
    ...checkVocabulary(files),
    ...checkCatalog(files, libraryCatalog()),
    ...await documentation(folder, files),
  ];
  return { problems, figures: [describeImports(imports), describePrivateShare(share)] };
}

async function documentation(folder: string, files: TreeFile[]): Promise<Problem[]> {
  const root = pathToFileURL(`${folder}/`).href;
  try {
    return checkDocs(await readDocs(folder, files), { entries: entryPoints(files, root), root });
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    const [reason = message] = stderr.split("\n").filter((line) => line.includes("error"));
    return [{ path: "mod.ts", message: `deno doc failed: ${stripVTControlCharacters(reason)}` }];
  }
}

function entryPoints(files: TreeFile[], root: string): string[] {
  const manifest = files.find(({ path }) => path === "deno.json");
  const { exports } = JSON.parse(manifest ? textOf(manifest) ?? "{}" : "{}");
  return Object.values<string>(exports ?? {}).map((target) => new URL(target, root).href);
}

function formatProblem({ path, line, message }: Problem): string {
  return `${path}${line ? `:${line}` : ""} ${message}`;
}

if (import.meta.main) {
  const { problems, figures } = await checkRepository(process.cwd());
  for (const problem of problems) console.error(formatProblem(problem));
  for (const figure of figures) console.log(figure);
  console.log(`Repository checks: ${problems.length} errors`);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
