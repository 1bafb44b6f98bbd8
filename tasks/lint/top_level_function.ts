/**
 * At the top level a function is declared as one: it is hoisted, named, and found by its keyword. A
 * constant with a function type of its own (`const source: WeightSource = …`) is let be.
 */
export const topLevelFunction: Deno.lint.Rule = {
  create(context) {
    return {
      Program(node) {
        for (const statement of node.body) {
          const declaration = statement.type === "ExportNamedDeclaration"
            ? statement.declaration
            : statement;
          if (declaration?.type !== "VariableDeclaration") continue;
          for (const { id, init } of declaration.declarations) {
            if (init?.type !== "ArrowFunctionExpression" && init?.type !== "FunctionExpression") {
              continue;
            }
            if (id.type === "Identifier" && id.typeAnnotation) continue;
            context.report({
              node: id,
              message: "A function at the top level is declared with the keyword function",
            });
          }
        }
      },
    };
  },
};
