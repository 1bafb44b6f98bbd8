import { moduleOf } from "./module.ts";

/** A `mod.ts` is a table of contents: documentation and re-exports. */
export const reexportsOnly: Deno.lint.Rule = {
  create(context) {
    const isMod = /(^|[\\/])mod\.ts$/.test(context.filename);
    if (!isMod || !["mod", "lib"].includes(moduleOf(context.filename))) return {};
    return {
      Program(node) {
        for (const statement of node.body) {
          if (statement.type === "ExportAllDeclaration") continue;
          if (statement.type === "ExportNamedDeclaration" && !statement.declaration) continue;
          if (statement.type === "ImportDeclaration" && statement.specifiers.length > 0) continue;
          context.report({
            node: statement,
            message: "A mod.ts holds documentation and re-exports, nothing else",
            hint: "Move the code into a file of its own and re-export it here",
          });
        }
      },
    };
  },
};
