/**
 * Configurations as YAML: read with the place of each value, written so that they are read back.
 *
 * @module
 */
import {
  Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from "yaml";
import type { Config } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { show } from "../util/describe_issue.ts";
import { isSection, type Layer, type Path } from "./layers.ts";

/** A configuration file is a few kB; more is a mistake or an attack. */
const MAX_LENGTH = 1 << 20;

/** A layer read from YAML, and the preset it names. */
export interface YamlLayer extends Layer {
  preset: string | null;
}

/** Reads YAML 1.2; `label` is the file's name in error messages. */
export function yamlLayer(text: string, label: string): YamlLayer {
  if (text.length > MAX_LENGTH) {
    throw fault(label, `expected at most ${MAX_LENGTH} characters, got ${text.length}`);
  }
  const lines = new LineCounter();
  const place = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${label}:${line}:${col}`;
  };
  const document = parse({ text, label, lines, place });
  const { preset = null, ...tree } = sections(document, { label, place });
  if (preset !== null && typeof preset !== "string") {
    const where = place(offsetOf(document, ["preset"], "value"));
    const message = `expected the name of a preset, got ${show(preset)}`;
    throw new ConfigError([{ key: "preset", where, message }]);
  }
  return { tree, preset, where: (path, at) => place(offsetOf(document, path, at)) };
}

interface Source {
  text: string;
  label: string;
  lines: LineCounter;
  place(offset: number): string;
}

function parse({ text, label, lines, place }: Source): Document.Parsed {
  let document: Document.Parsed;
  try {
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: "error" });
  } catch (error) {
    throw fault(label, `cannot be read as YAML: ${whyNot(error as Error)}`);
  }
  const first = document.errors[0];
  if (first !== undefined) throw fault(place(first.pos[0]), inOurWords(first));
  return document;
}

function sections(
  document: Document.Parsed,
  { label, place }: { label: string; place(offset: number): string },
): Record<string, unknown> {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 }) ?? {};
  } catch (error) {
    throw fault(label, lowerFirst((error as Error).message));
  }
  if (isSection(value)) return value;
  const start = document.contents?.range[0] ?? 0;
  throw fault(place(start), `expected sections of keys, such as "train:", got ${show(value)}`);
}

/** Offset of a key or its value in the text; of the nearest section around it if need be. */
function offsetOf(document: Document.Parsed, path: Path, at: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const [depth, name] of path.entries()) {
    const isLast = depth === path.length - 1;
    const pair = isMap(node)
      ? node.items.find(({ key }) => isPair(key) ? false : String(key) === String(name))
      : undefined;
    const key: unknown = pair?.key;
    const value: unknown = pair !== undefined
      ? pair.value
      : (isNode(node) && "get" in node ? node.get(name as number, true) : undefined);
    const target = isLast && at === "key" && key !== undefined ? key : value ?? key;
    if (isNode(target) && target.range) offset = target.range[0];
    node = value;
  }
  return offset;
}

/** The parser throws for two reasons only: no stack left, or no right to look for its own switches. */
function whyNot({ name, message }: Error): string {
  if (name === "NotCapable" || name === "PermissionDenied") {
    return "the YAML parser asks for two environment variables; run Deno with " +
      "--allow-env=LOG_STREAM,LOG_TOKENS";
  }
  if (name === "RangeError") return "it is nested too deeply";
  return lowerFirst(message);
}

function fault(where: string, message: string): ConfigError {
  return new ConfigError([{ key: "", where, message }]);
}

function inOurWords({ code, message }: { code: string; message: string }): string {
  if (code === "MULTIPLE_DOCS") return "expected one YAML document, got several";
  if (/call stack/i.test(message)) return "cannot be read as YAML: it is nested too deeply";
  return lowerFirst(message);
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1).replace(/\s+/g, " ");
}

/**
 * The configuration as YAML, every value written out, lists on one line.
 *
 * @example
 * ```ts
 * import { configToYaml, loadConfig } from "@segadv/segadv";
 * import assert from "node:assert/strict";
 *
 * const config = await loadConfig({ preset: "fixtures" });
 * assert.deepEqual(await loadConfig({ yaml: configToYaml(config) }), config);
 * ```
 */
export function configToYaml(config: Config): string {
  const document = new Document(config, { aliasDuplicateObjects: false });
  visit(document, {
    Seq(_, node) {
      if (isSeq(node) && node.items.every(isScalar)) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
