import { isShipped } from "./module.ts";

/** Deno and Bun run the same source: `node:` modules serve both, so no global of one is used. */
export const noRuntimeGlobal: Deno.lint.Rule = {
  create(context) {
    if (!isShipped(context.filename)) return {};
    return {
      MemberExpression(node) {
        const object = node.object.type === "Identifier" ? node.object.name : "";
        const property = node.property.type === "Identifier" ? node.property.name : "";
        const name = object === "globalThis" ? property : object;
        if (name === "Deno" || name === "Bun") {
          context.report({
            node,
            message: `${name} exists in one runtime only`,
            hint: "Use a node: module, which Deno and Bun share",
          });
        }
      },
    };
  },
};
