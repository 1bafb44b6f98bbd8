/** Files are `snake_case.ts`, private ones `_snake_case.ts`, so that a name is found as it is said. */
export const fileName: Deno.lint.Rule = {
  create(context) {
    return {
      Program(node) {
        const name = context.filename.replaceAll("\\", "/").split("/").at(-1) ?? "";
        if (!/^_?[a-z0-9]+(_[a-z0-9]+)*(\.d)?\.tsx?$/.test(name)) {
          context.report({
            range: [node.range[0], node.range[0]],
            message: `The file name "${name}" is not snake_case`,
          });
        }
      },
    };
  },
};
