/**
 * Sections of the configuration as data: keys with types, defaults and one sentence each, and keys
 * that name an entry of a registry, whose own options then belong to the section.
 *
 * Each module describes the sections that it reads; `lib/config` composes them.
 *
 * @module
 */
import { z } from "zod";
import type { Registry, RegistryEntry } from "./registry.ts";
import { affectsResult, keysOf } from "./schema.ts";

/** A key that names an entry of a registry. */
export interface EntryKey {
  /** The key, such as `name`. */
  key: string;
  registry: Registry<RegistryEntry>;
  /** Entry of an absent key. */
  fallback: string;
  about: string;
}

/** A section of keys. */
export interface SectionSpec {
  readonly kind: "section";
  about: string;
  /** Keys that are there whatever `entry` names, in order. */
  fields: Readonly<Record<string, FieldSpec>>;
  /** The key whose entry adds its own options, and comes first. */
  entry: EntryKey | null;
}

/** A list of sections of one kind, such as the terms of a loss. */
export interface SectionListSpec {
  readonly kind: "list";
  about: string;
  item: SectionSpec & { entry: EntryKey };
  /** Value of an absent key. */
  fallback: readonly object[];
  /** Fewest items. */
  min: number;
}

/** What a key of a section holds. */
export type FieldSpec = z.ZodType | SectionSpec | SectionListSpec;

/** Fields for the named keys of `T`, checked against their types. */
export type FieldsOf<T> = {
  readonly [K in keyof T as string extends K ? never : K]-?:
    | z.ZodType<T[K]>
    | SectionSpec
    | SectionListSpec;
};

/** Describes a section with a fixed set of keys. */
export function section<T>(about: string, fields: FieldsOf<T>): SectionSpec {
  return { kind: "section", about, fields: fields as SectionSpec["fields"], entry: null };
}

/** Describes a section that takes the options of the entry that one of its keys names. */
export function entrySection<T>(
  about: string,
  entry: EntryKey,
  fields: Omit<FieldsOf<T>, EntryKey["key"]>,
): SectionSpec & { entry: EntryKey } {
  return { kind: "section", about, fields: fields as SectionSpec["fields"], entry };
}

/** Describes a list of such sections. */
export function sectionList(
  about: string,
  list: Omit<SectionListSpec, "kind" | "about">,
): SectionListSpec {
  return { kind: "list", about, ...list };
}

/**
 * The schema of a section as its registries are now: strict, every key with its default, so that an
 * unknown or misplaced option is refused.
 */
export function sectionSchema(spec: SectionSpec): z.ZodType {
  return z.prefault(variants(spec), {} as never).meta({ description: spec.about });
}

function variants(spec: SectionSpec): z.ZodType {
  const shared = Object.fromEntries(
    Object.entries(spec.fields).map(([key, field]) => [key, fieldSchema(field)]),
  );
  if (spec.entry === null) return z.strictObject(shared);
  const { key, fallback, registry, about } = spec.entry;
  const options = [...registry].map(({ name, summary, options }) => {
    const literal = z.literal(name);
    const value = name === fallback ? z._default(z.optional(literal), name) : literal;
    const description = `${about} ${name}: ${summary}.`;
    return z.strictObject({ [key]: value.meta({ description }), ...shared, ...options?.shape });
  });
  return z.discriminatedUnion(key, options as never);
}

function fieldSchema(field: FieldSpec): z.ZodType {
  if (!("kind" in field)) return field;
  if (field.kind === "section") return sectionSchema(field);
  const items = z.array(variants(field.item)).min(field.min);
  return z.prefault(items, field.fallback as never).meta({ description: field.about });
}

/** Every key below a section by its dotted name, in order; those of all entries, lists as one. */
export function sectionKeys(spec: SectionSpec, prefix = ""): string[] {
  const own = spec.entry === null ? [] : [...spec.entry.registry].flatMap(({ options }) => (
    options === undefined ? [] : keysOf(options)
  ));
  const keys = Object.entries(spec.fields).flatMap(([key, field]) => (
    "kind" in field && field.kind === "section"
      ? sectionKeys(field, `${prefix}${key}.`)
      : [prefix + key]
  ));
  const name = spec.entry === null ? [] : [prefix + spec.entry.key];
  return [...new Set([...name, ...keys, ...own.map((key) => prefix + key)])];
}

/** The keys below a section that do not affect the result, by their dotted names. */
export function neutralKeys(spec: SectionSpec, prefix = ""): string[] {
  return Object.entries(spec.fields).flatMap(([key, field]) => {
    if (!("kind" in field)) return affectsResult(field) ? [] : [prefix + key];
    return field.kind === "section" ? neutralKeys(field, `${prefix}${key}.`) : [];
  });
}

/** The section at a path (names, and indices of lists); `null` where there is none. */
export function sectionAt(spec: SectionSpec, path: readonly PropertyKey[]): SectionSpec | null {
  let at: FieldSpec = spec;
  for (const name of path) {
    if (!("kind" in at)) return null;
    if (at.kind === "list") at = at.item;
    else {
      const field: FieldSpec | undefined = at.fields[String(name)];
      if (field === undefined) return null;
      at = field;
    }
  }
  return "kind" in at && at.kind === "section" ? at : null;
}

/** The entry that a section's value names, the default one where it names none. */
export function entryOf(spec: SectionSpec, value: unknown): RegistryEntry | null {
  if (spec.entry === null) return null;
  const { key, registry, fallback } = spec.entry;
  const name = (value as Record<string, unknown> | null | undefined)?.[key] ?? fallback;
  return registry.find(String(name)) ?? null;
}
