/**
 * The AssemblyScript side of `lib/engine/wasm/jobs.ts`: the parameter blocks as classes, the numbers
 * that both sides share, and the dispatch from a job's number to its function.
 *
 * @module
 */
import {
  ACTIVATION,
  ACTIVATION_KIND,
  CONSTANTS,
  CONTROL,
  ELEMENT_OP,
  type Job,
  JOBS,
  RESIZE_MODE,
} from "../../lib/engine/wasm/jobs.ts";
import { BLOCKS, type Layout, RECORDS } from "../../lib/engine/wasm/job_blocks.ts";

/** The AssemblyScript module `jobs`. */
export function jobsModule(): string {
  const enums = {
    Activation: ACTIVATION,
    ActivationKind: ACTIVATION_KIND,
    Control: CONTROL,
    ElementOp: ELEMENT_OP,
    ResizeMode: RESIZE_MODE,
  };
  return [
    ...Object.entries(CONSTANTS).map(([name, value]) => `export const ${name}: i32 = ${value};`),
    ...Object.entries(enums).map(([name, members]) => enumOf(name, members)),
    ...Object.entries({ ...RECORDS, ...BLOCKS }).map(([name, layout]) => classOf(name, layout)),
    "@inline export function recordAt<T>(list: usize, index: i32): T {",
    "  return changetype<T>(list + <usize>index * offsetof<T>());",
    "}",
  ].join("\n");
}

function enumOf(name: string, members: Record<string, number>): string {
  const values = Object.entries(members).map(([member, value]) => `${member} = ${value}`);
  return `export const enum ${name} { ${values.join(", ")} }`;
}

/** A class without a header, whose fields lie as the words of the layout. */
function classOf(name: string, layout: Layout): string {
  const fields = Object.entries(layout).map(([field, type]) => {
    if (type.endsWith("[]")) return `${field}: usize; ${field}Length: i32;`;
    return `${field}: ${type === "pointer" ? "usize" : type};`;
  });
  return `@unmanaged export class ${name} { ${fields.join(" ")} }`;
}

/**
 * The AssemblyScript module `dispatch`. The function of the job `x` is `xChunk(p, chunk, scratch)`,
 * with as many of the parameters as it needs, in any of the files.
 *
 * @param sources The texts of the files by their names without extension.
 * @throws {Error} If a job has no function, or a function no job.
 */
export function dispatchModule(sources: ReadonlyMap<string, string>): string {
  const functions = new Map<string, { file: string; parameters: number }>();
  for (const [file, text] of sources) {
    for (const [, job, list] of text.matchAll(/^export function (\w+)Chunk\((p: [^)]*)\)/gm)) {
      if (!(job! in JOBS)) throw new Error(`${file}.ts: ${job}Chunk is no job of jobs.ts`);
      functions.set(job!, { file, parameters: list!.split(":").length - 1 });
    }
  }
  const imports: string[] = [];
  const cases = (Object.keys(JOBS) as Job[]).map((job, number) => {
    const found = functions.get(job);
    if (!found) throw new Error(`the job ${job} of jobs.ts has no function ${job}Chunk`);
    const block = `changetype<${JOBS[job]}>(params)`;
    const parameters = [block, "chunk", "scratch"].slice(0, found.parameters);
    imports.push(`import { ${job}Chunk } from "./${found.file}";`);
    return `    case ${number}: ${job}Chunk(${parameters.join(", ")}); break;`;
  });
  return [
    ...imports,
    `import { ${Object.keys(BLOCKS).join(", ")} } from "./jobs";`,
    "export function runChunk(job: i32, params: usize, chunk: i32, scratch: usize): void {",
    "  switch (job) {",
    ...cases,
    "    default: unreachable();",
    "  }",
    "}",
  ].join("\n");
}
