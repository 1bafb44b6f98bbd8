/**
 * Things that a configuration can name, each with the options that it takes: one entry feeds the
 * schema, the command line's choices, the help and the documentation.
 *
 * @module
 */
import { z } from "zod";
import { describeIssue, unknownName } from "./describe_issue.ts";
import { keysOf } from "./schema.ts";

/** What every entry of a registry has. */
export interface RegistryEntry {
  /** Unique in its registry, lower case with hyphens. */
  readonly name: string;
  /** One line for `--help` and the documentation. */
  readonly summary: string;
  /** Schema of the entry's own options; absent where it takes none. */
  readonly options?: OptionsSchema;
}

/** A strict object of documented fields with defaults: the options of one entry. */
export type OptionsSchema = z.ZodObject<Record<string, z.ZodType>, z.core.$strict>;

/** Values that a configuration file can hold. */
export type OptionValue =
  | number
  | string
  | boolean
  | null
  | readonly OptionValue[]
  | { readonly [name: string]: OptionValue };

/** Options by name, as they stand in a configuration. */
export type Options = { readonly [name: string]: OptionValue };

/** An {@linkcode OptionsSchema} from documented fields. */
export function optionsSchema<S extends Record<string, z.ZodType>>(
  fields: S,
): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(fields);
}

/**
 * The options that an entry takes, with defaults where `given` says nothing. What belongs to the
 * section around them (`shared`) is passed over.
 *
 * @throws {RangeError} If an option is unknown or its value is wrong; names the option and what the
 * entry takes.
 */
export function parseOptions<S extends OptionsSchema>(
  schema: S,
  given: object,
  context: { name: string; shared?: readonly string[] },
): z.output<S> {
  const { name, shared = ["name"] } = context;
  const own = Object.fromEntries(Object.entries(given).filter(([key]) => !shared.includes(key)));
  const parsed = schema.safeParse(own, { error: describeIssue });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const option = issue!.code === "unrecognized_keys" ? issue!.keys[0]! : issue!.path.join(".");
  const reason = issue!.code === "unrecognized_keys"
    ? unknownOption(option, { name, options: keysOf(schema) })
    : issue!.message;
  throw new RangeError(`Cannot use ${name} with option ${option}: ${reason}`);
}

/** Says that an entry has no such option and which ones it has. */
export function unknownOption(
  option: string,
  entry: { name: string; options: readonly string[] },
): string {
  const { name, options } = entry;
  if (options.length === 0) return `unknown option "${option}"; ${name} takes none`;
  return `unknown option "${option}"; ${name} takes ${options.join(", ")}`;
}

/** Entries by name, in the order in which they are listed. */
export class Registry<E extends RegistryEntry> implements Iterable<E> {
  /** What an entry is, in one or two words, such as `network`. */
  readonly kind: string;
  readonly #entries = new Map<string, E>();

  constructor(kind: string, entries: Iterable<E>) {
    this.kind = kind;
    for (const entry of entries) this.register(entry);
  }

  /** All names, in order. */
  get names(): string[] {
    return [...this.#entries.keys()];
  }

  has(name: string): boolean {
    return this.#entries.has(name);
  }

  /** The entry of a name, `undefined` where there is none. */
  find(name: string): E | undefined {
    return this.#entries.get(name);
  }

  /**
   * The entry of a name.
   *
   * @throws {RangeError} If there is none; names those that exist and the nearest.
   */
  get(name: string): E {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    throw new RangeError(`Cannot find ${this.kind} "${name}": ${unknownName(name, this.names)}`);
  }

  /**
   * Adds an entry.
   *
   * @throws {RangeError} If the name is taken.
   */
  register(entry: E): void {
    if (this.#entries.has(entry.name)) {
      throw new RangeError(`Cannot register ${this.kind} "${entry.name}": the name is taken`);
    }
    this.#entries.set(entry.name, entry);
  }

  [Symbol.iterator](): Iterator<E> {
    return this.#entries.values();
  }
}
