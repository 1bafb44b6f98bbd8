import { z } from "zod";
import { show } from "./describe_issue.ts";

/** Height and width in pixels. */
export type Size = [height: number, width: number];

/** A finite number above zero. */
export const positive: z.ZodNumber = z.number().positive();
/** A finite number of at least zero. */
export const nonNegative: z.ZodNumber = z.number().nonnegative();
/** A number in [0, 1). */
export const fraction: z.ZodNumber = z.number().min(0).lt(1);
/** A text with at least one character. */
export const text: z.ZodString = z.string().min(1);
/** `[height, width]` in pixels. */
export const size: z.ZodTuple<[z.ZodInt, z.ZodInt], null> = z.tuple(
  [whole(1), whole(1)],
  wants("[height, width]"),
);

/** A whole number of at least `min`. */
export function whole(min: number): z.ZodInt {
  return z.int().min(min);
}

/** Numbers, one a channel. */
export function channels(value: z.ZodNumber): z.ZodArray<z.ZodNumber> {
  return z.array(value, wants("numbers, one a channel")).min(1).max(255);
}

/** Replaces zod's own words where a value as a whole has the wrong shape. */
export function wants(shape: string): { error: (issue: { input?: unknown }) => string } {
  return { error: ({ input }) => `expected ${shape}, got ${show(input)}` };
}

/** Where a field gets its value from and what it means. */
export interface FieldDoc<T> {
  /** Value of an absent field. */
  fallback: T;
  about: string;
  /** Section or table of the thesis. */
  source?: string;
  /**
   * Whether the trained weights depend on it; false for speed, memory, logging and saving.
   * @default true
   */
  affectsResult?: boolean;
}

/** Fields that do not affect the result. */
const neutralFields = new WeakSet<z.ZodType>();

/** A documented field with a default. */
export function field<T extends z.ZodType>(
  schema: T,
  { fallback, about, source, affectsResult = true }: FieldDoc<z.output<T>>,
): z.ZodType<z.output<T>> {
  const description = source === undefined ? about : `${about} (thesis ${source})`;
  const documented = z._default(schema, fallback as never).meta({ description });
  if (!affectsResult) neutralFields.add(documented);
  return documented as z.ZodType<z.output<T>>;
}

/** Whether the trained weights depend on a field. */
export function affectsResult(field: z.ZodType): boolean {
  return !neutralFields.has(field);
}

/** Names of the fields of an object's schema, in order. */
export function keysOf(schema: z.ZodObject): string[] {
  return Object.keys(schema.shape);
}
