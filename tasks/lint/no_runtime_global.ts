import { isShipped, roomOf } from "./room.ts";

/** Deno and Bun run the same source; what differs between them lives in `lib/runtime/`. */
export const noRuntimeGlobal: Deno.lint.Rule = {
  create(context) {
    if (!isShipped(context.filename) || roomOf(context.filename) === "runtime") return {};
    return {
      MemberExpression(node) {
        const object = node.object.type === "Identifier" ? node.object.name : "";
        const property = node.property.type === "Identifier" ? node.property.name : "";
        const name = object === "globalThis" ? property : object;
        if (name === "Deno" || name === "Bun") {
          context.report({
            node,
            message: `${name} is used outside lib/runtime/`,
            hint: "Use a node: module, or put a small function into lib/runtime/",
          });
        }
      },
    };
  },
};
