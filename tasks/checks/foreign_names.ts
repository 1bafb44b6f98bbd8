import { linesOf, type Problem, type TreeFile } from "./tree.ts";

const HOME = ["work", "root", "Users", "home(?!/(me|you|user)/)"].join("|");
const REGISTRY = ["registry", "artifactory", "nexus", "verdaccio", "npm-proxy"].join("|");

/** What must not be named, and how to call it. Joined from parts, so as not to match this file. */
const FORBIDDEN: [pattern: RegExp, what: string][] = [
  [new RegExp(String.raw`(^|[^\w.$}/-])/(${HOME})/[\w.]`), "a path of one machine"],
  [new RegExp(String.raw`https?://[\w.-]*(${REGISTRY})[\w.-]*(:\d+)?/`), "the host of a registry"],
];

/** Finds paths of one machine and hosts of package registries: they tie the project to a place. */
export function checkForeignNames(files: TreeFile[]): Problem[] {
  return files.flatMap((file) =>
    linesOf(file).flatMap(([line, text]) =>
      FORBIDDEN.filter(([pattern]) => pattern.test(text))
        .map(([, what]) => ({ path: file.path, line, message: `The line names ${what}` }))
    )
  );
}
