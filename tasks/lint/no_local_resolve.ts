import { isShipped } from "./module.ts";

const READERS =
  /^(createRequire|fileURLToPath|readFile|readFileSync|createReadStream|open|openSync)$/;

/**
 * A module loaded from a package registry has an http address, so it cannot be read as a file.
 * What works everywhere: `import … with { type: "json" }`, `fetch(new URL(…, import.meta.url))` and
 * `new Worker(new URL(…, import.meta.url))`.
 */
export const noLocalResolve: Deno.lint.Rule = {
  create(context) {
    if (!isShipped(context.filename)) return {};
    return {
      MemberExpression(node) {
        const property = node.property.type === "Identifier" ? node.property.name : "";
        if (isImportMeta(node.object) && /^(resolve|dirname|filename)$/.test(property)) {
          context.report({
            node,
            message: `import.meta.${property} fails when the module comes from a registry`,
            hint: "Use new URL(…, import.meta.url) with fetch or Worker, or a static import",
          });
        }
      },
      CallExpression(node) {
        const name = calleeName(node.callee);
        const argument = node.arguments[0];
        if (argument && READERS.test(name) && fromImportMeta(argument)) {
          context.report({
            node,
            message: `${name}(import.meta.url) fails when the module comes from a registry`,
            hint: "Use fetch(new URL(…, import.meta.url)) or a static import",
          });
        }
      },
    };
  },
};

function calleeName(callee: Deno.lint.Node): string {
  if (callee.type === "Identifier") return callee.name;
  if (callee.type === "MemberExpression" && callee.property.type === "Identifier") {
    return callee.property.name;
  }
  return "";
}

function isImportMeta(node: Deno.lint.Node): boolean {
  return node.type === "MetaProperty" && node.meta.name === "import";
}

/** Whether an expression is `import.meta.url` or `new URL(…, import.meta.url)`. */
function fromImportMeta(node: Deno.lint.Node): boolean {
  if (node.type === "MemberExpression") return isImportMeta(node.object);
  return node.type === "NewExpression" && node.arguments.some(fromImportMeta);
}
