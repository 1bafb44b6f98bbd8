import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { printable } from "../../util/format.ts";
import { checkManifest } from "./folder_handler.ts";

/** What stands in the place of the hash while it is taken. */
const BLANK = "0".repeat(64);
const SEAL = /"seal":"([0-9a-f]{64})"\}$/;

/** `model.json` as text that carries its own SHA-256, last. */
export function sealedJson(json: object): string {
  const text = JSON.stringify({ ...json, seal: BLANK });
  return text.replace(SEAL, `"seal":"${hexOf(text)}"}`);
}

/** Name of a file of weights, which says what it must hold. */
export function weightsFileName(bytes: Uint8Array): string {
  return `weights-${hexOf(bytes).slice(0, 32)}.bin`;
}

/**
 * Checks a saved model against the hashes that it carries. Folders of other programs carry none and
 * pass: their loader refuses them.
 *
 * @throws {Error} If `model.json` or its weights are not what was saved.
 */
export async function verifySavedModel(dir: string): Promise<void> {
  const path = join(dir, "model.json");
  const text = await readFile(path, "utf8").catch(() => ""); // the loader says what is missing
  if (!text.includes('"generatedBy":"segadv"')) return;
  const seal = SEAL.exec(text)?.[1];
  if (seal === undefined || hexOf(text.replace(SEAL, `"seal":"${BLANK}"}`)) !== seal) {
    throw new Error(`Cannot trust ${path}: its text differs from its SHA-256; it is damaged`);
  }
  // Who can make a seal can seal anything
  const { weightsManifest } = JSON.parse(text) as { weightsManifest: { paths: string[] }[] };
  checkManifest(weightsManifest, (reason) => {
    throw new SyntaxError(`Cannot load ${path}: ${printable(reason)}`);
  });
  for (const name of weightsManifest.flatMap(({ paths }) => paths)) {
    const file = join(dir, name);
    const isPlain = !/[/\\]/.test(name); // else not ours, and not to be followed
    const bytes = isPlain ? await readFile(file).catch(() => null) : null; // as above
    if (isPlain && (bytes === null || weightsFileName(bytes) === name)) continue;
    throw new Error(`Cannot trust ${file}: its bytes differ from their SHA-256; it is damaged`);
  }
}

function hexOf(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
