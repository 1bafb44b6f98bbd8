/** Messages are one line and end without a full stop, so that they can be quoted and joined. */
export const errorMessage: Deno.lint.Rule = {
  create(context) {
    return {
      NewExpression(node) {
        if (node.callee.type !== "Identifier" || !node.callee.name.endsWith("Error")) return;
        const [message] = node.arguments;
        const end = message ? lastText(message as Deno.lint.Expression) : undefined;
        if (end === undefined) return;
        if (/(?<!\.)\.\s*$/.test(end)) {
          context.report({ node: message!, message: "An error message ends without a full stop" });
        }
        if (end.includes("\n")) {
          context.report({ node: message!, message: "An error message is one line" });
        }
      },
    };
  },
};

/** The literal text that a message ends in, or `undefined` when it ends in a computed value. */
function lastText(node: Deno.lint.Expression): string | undefined {
  if (node.type === "Literal") return typeof node.value === "string" ? node.value : undefined;
  if (node.type === "TemplateLiteral") return node.quasis.at(-1)?.cooked;
  if (node.type === "BinaryExpression" && node.operator === "+") {
    return lastText(node.right as Deno.lint.Expression);
  }
  return undefined;
}
