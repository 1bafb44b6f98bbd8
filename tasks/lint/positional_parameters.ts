import { isShipped } from "./module.ts";

/**
 * Exported functions take at most three positional parameters; what follows is one object, so that
 * a call can be read without its definition.
 */
export const positionalParameters: Deno.lint.Rule = {
  create(context) {
    if (!isShipped(context.filename)) return {};
    return {
      "ExportNamedDeclaration > FunctionDeclaration"(node: Deno.lint.FunctionDeclaration) {
        const positional = node.params.filter((parameter) => !isOptions(parameter));
        if (positional.length > 3 || node.params.length > 4) {
          context.report({
            node: node.id ?? node,
            message: `${node.id?.name ?? "This function"}() takes ${node.params.length} parameters`,
            hint: "Take at most three, then an object named options (or destructured)",
          });
        }
      },
    };
  },
};

/** A parameter that is an options object: destructured, typed in place, or named so. */
function isOptions(parameter: Deno.lint.Parameter): boolean {
  const target = parameter.type === "AssignmentPattern" ? parameter.left : parameter;
  if (target.type === "ObjectPattern") return true;
  if (target.type !== "Identifier") return false;
  if (target.typeAnnotation?.typeAnnotation.type === "TSTypeLiteral") return true;
  return /^_?(options|attrs|config)$|Options$/.test(target.name);
}
