import { isShipped } from "./module.ts";

/** Packages are imported by bare name: Bun understands neither `npm:` nor `jsr:` in source. */
export const bareImport: Deno.lint.Rule = {
  create(context) {
    if (!isShipped(context.filename)) return {};
    return {
      Literal(node) {
        const parent = node.parent.type;
        if (!/^(Import(Declaration|Expression)|Export(Named|All)Declaration)$/.test(parent)) return;
        if (typeof node.value === "string" && /^(npm|jsr|https?):/.test(node.value)) {
          context.report({
            node,
            message: `"${node.value}" is not a bare name`,
            hint: "Name the package in package.json with its exact version and import it by name",
          });
        }
      },
    };
  },
};
