import { isShipped, moduleOf } from "./module.ts";

/** The library reports by events; only the command line prints. */
export const noConsole: Deno.lint.Rule = {
  create(context) {
    if (!isShipped(context.filename) || moduleOf(context.filename) === "cli") return {};
    return {
      MemberExpression(node) {
        if (node.object.type === "Identifier" && node.object.name === "console") {
          context.report({
            node,
            message: "The library does not print: emit an event or throw instead of using console",
          });
        }
      },
    };
  },
};
