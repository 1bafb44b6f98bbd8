import { type Problem, textOf, type TreeFile } from "./tree.ts";

/** An operation of the engine has one name in all backends; a command exports what its entry needs, and
 * its action what the command runs. */
const SHARED = /^(lib\/engine\/(ops|wasm|webgpu)\/|cli\/(commands|actions)\/)/;

const DECLARATION =
  /^export (?:abstract )?(?:async )?(?:function\*?|class|const|interface|type|enum) (\w+)/gm;

/** Finds things of the library and the command line that are exported under the same name. */
export function checkExportNames(files: TreeFile[]): Problem[] {
  const first = new Map<string, string>();
  return files.filter(({ path }) =>
    /^(lib|cli)\/.*\.ts$/.test(path) && !path.includes("/assembly/")
  )
    .flatMap((file) => {
      const names = [...(textOf(file) ?? "").matchAll(DECLARATION)].map(([, name]) => name!);
      return [...new Set(names)].flatMap((name): Problem[] => {
        const other = first.get(name);
        if (other === undefined) first.set(name, file.path);
        if (other === undefined || isShared(other, file.path)) return [];
        return [{ path: file.path, message: `It exports ${name}, as ${other} does: rename one` }];
      });
    });
}

function isShared(a: string, b: string): boolean {
  const [one, two] = [SHARED.exec(a)?.[1], SHARED.exec(b)?.[1]];
  return one !== undefined && two !== undefined && one.split("/")[0] === two.split("/")[0];
}
