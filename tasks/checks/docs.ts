import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Problem, TreeFile } from "./tree.ts";

/** The part of `deno doc --json` that the check reads. */
export interface DocReport {
  nodes: Record<string, DocModule>;
}
interface DocModule {
  module_doc?: DocComment;
  symbols?: { name: string; declarations: DocDeclaration[] }[];
}
interface DocDeclaration {
  location: DocLocation;
  /** Where a re-export leads (`kind` is then `reference`). */
  def?: { target?: DocLocation };
  declarationKind: string;
  kind: string;
  jsDoc?: DocComment;
}
interface DocComment {
  doc?: string;
  tags?: { kind: string; doc?: string }[];
}

interface DocLocation {
  filename: string;
  line: number;
  col: number;
}

/**
 * Finds exported symbols without a doc comment, and functions of the public entry points that no
 * `@example` calls: neither their own nor another's (`deno task doc` runs them all).
 *
 * @param report Documentation of all modules, keyed by the module's URL.
 * @param entries URLs of the public entry points.
 */
export function checkDocs(
  report: DocReport,
  { entries, root }: { entries: string[]; root: string },
): Problem[] {
  const found = new Map<string, Problem>();
  const originals = indexDeclarations(report);
  const examples = readExamples(report);
  for (const [url, { symbols = [] }] of Object.entries(report.nodes)) {
    for (const { name, declarations } of symbols) {
      const exported = declarations
        .filter(({ declarationKind }) => declarationKind === "export")
        .flatMap((declaration) => originals.get(place(declaration.def?.target)) ?? declaration);
      const [first] = exported;
      if (!first || !first.location.filename.startsWith(root)) continue;
      const message = missing(name, exported, entries.includes(url) ? examples : null);
      if (!message) continue;
      const path = first.location.filename.slice(root.length);
      found.set(`${path} ${message}`, { path, line: first.location.line + 1, message });
    }
  }
  return [...found.values()];
}

/** All declarations by their place, so that a re-export can be followed to what it names. */
function indexDeclarations({ nodes }: DocReport): Map<string, DocDeclaration[]> {
  const index = new Map<string, DocDeclaration[]>();
  for (const { symbols = [] } of Object.values(nodes)) {
    for (const { declarations } of symbols) {
      for (const { location, kind } of declarations) {
        if (kind !== "reference") index.set(place(location), declarations);
      }
    }
  }
  return index;
}

function place(location?: DocLocation): string {
  return location ? `${location.filename}:${location.line}:${location.col}` : "";
}

/** The code of all examples, those of modules and of symbols. */
function readExamples({ nodes }: DocReport): string {
  const comments = Object.values(nodes).flatMap(({ module_doc, symbols = [] }) => [
    module_doc,
    ...symbols.flatMap(({ declarations }) => declarations.map(({ jsDoc }) => jsDoc)),
  ]);
  return comments.flatMap((comment) => comment?.tags ?? [])
    .filter(({ kind }) => kind === "example").map(({ doc }) => doc).join("\n");
}

/**
 * Says what the declarations of one symbol (several for an overloaded function) lack.
 *
 * @param examples Code to look for a call in, or `null` if none is needed.
 */
function missing(
  name: string,
  declarations: DocDeclaration[],
  examples: string | null,
): string | undefined {
  if (!declarations.some(({ jsDoc }) => jsDoc?.doc?.trim())) return `${name} has no doc comment`;
  if (examples === null || !declarations.some(({ kind }) => kind === "function")) return undefined;
  if (new RegExp(`\\b${name}(<[^>]*>)?\\(`).test(examples)) return undefined;
  return `${name}() is public and no @example calls it`;
}

/** Documents every module of the library and the command line that is not private. */
export async function readDocs(root: string, files: TreeFile[]): Promise<DocReport> {
  const modules = files.map(({ path }) => path).filter((path) =>
    path === "mod.ts" || /^(lib|cli)\/(?!.*(\/_|\/assembly\/)).*\.ts$/.test(path)
  );
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["doc", "--json", ...modules],
    { cwd: root, maxBuffer: 1 << 28 },
  );
  return JSON.parse(stdout);
}
