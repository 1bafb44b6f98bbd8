/**
 * The project's own lint rules, one per file. `deno lint` loads this plugin (see `lint.plugins` in
 * `deno.json`); each rule is tried against good and bad code in `tests/checks/lint_test.ts`.
 *
 * @module
 */
import { bareImport } from "./bare_import.ts";
import { errorMessage } from "./error_message.ts";
import { fileName } from "./file_name.ts";
import { noConsole } from "./no_console.ts";
import { noLocalResolve } from "./no_local_resolve.ts";
import { noRuntimeGlobal } from "./no_runtime_global.ts";
import { positionalParameters } from "./positional_parameters.ts";
import { reexportsOnly } from "./reexports_only.ts";
import { topLevelFunction } from "./top_level_function.ts";

const plugin: Deno.lint.Plugin = {
  name: "segadv",
  rules: {
    "bare-import": bareImport,
    "error-message": errorMessage,
    "file-name": fileName,
    "no-console": noConsole,
    "no-local-resolve": noLocalResolve,
    "no-runtime-global": noRuntimeGlobal,
    "positional-parameters": positionalParameters,
    "reexports-only": reexportsOnly,
    "top-level-function": topLevelFunction,
  },
};
export default plugin;
