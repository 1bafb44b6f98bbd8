/** The schema of `data.layout`. */
import { z } from "zod";
import { describeIssue } from "../../util/describe_issue.ts";
import { labelEncodings } from "../encodings/registry.ts";
import type { EncodingConfig, FolderLayout } from "./folder_layout.ts";

const pattern = z.strictObject({
  folder: z.string(),
  prefix: z.optional(z.string()),
  suffix: z.optional(z.string()),
  extensions: z.optional(z.array(z.string())),
  flat: z.optional(z.boolean()),
  ignoreCase: z.optional(z.boolean()),
});
const byte = z.int().min(0).max(255);

/** Schema of {@linkcode FolderLayout}. */
export const folderLayoutSchema: z.ZodType<FolderLayout> = z.strictObject({
  splits: z.record(
    z.string(),
    z.strictObject({
      images: pattern,
      labels: pattern,
      list: z.optional(z.string()),
      names: z.optional(z.array(z.string())),
      without: z.optional(z.string()),
    }),
  ),
  encoding: z.looseObject({ name: z.string() }),
  classes: z.array(z.strictObject({ name: z.string().min(1), color: z.tuple([byte, byte, byte]) }))
    .min(1).max(255),
  ignore: z.nullable(byte),
  namesFrom: z.string(),
}) as z.ZodType<FolderLayout>;

/**
 * Checks the options of a layout's encoding.
 *
 * @throws {RangeError} If there is no such encoding, or it does not take the options.
 */
export function requireEncoding(config: EncodingConfig): void {
  const { name, ...options } = config;
  const parsed = labelEncodings.get(name).options.safeParse(options, { error: describeIssue });
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  throw new RangeError(
    `Cannot use data.layout.encoding ${name}: ${issue!.path.join(".")} ${issue!.message}`,
  );
}
