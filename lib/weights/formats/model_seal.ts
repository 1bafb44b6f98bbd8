import { printable } from "../../util/format.ts";
import { createSha256 } from "../../util/hash.ts";
import { checkManifest } from "./model_manifest.ts";
import type { ModelFiles } from "./model_files.ts";

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
export async function verifySavedModel(files: ModelFiles): Promise<void> {
  const path = files.path("model.json");
  // The loader reports a missing file
  const text = await files.read("model.json")
    .then((bytes) => new TextDecoder().decode(bytes), () => "");
  if (!text.includes('"generatedBy":"segadv"')) return;
  const seal = SEAL.exec(text)?.[1];
  if (seal === undefined || hexOf(text.replace(SEAL, `"seal":"${BLANK}"}`)) !== seal) {
    throw new Error(`Cannot trust ${path}: its text differs from its SHA-256; it is damaged`);
  }
  // A right hash does not make the manifest well-formed: anyone can compute it
  const { weightsManifest } = JSON.parse(text) as { weightsManifest: { paths: string[] }[] };
  checkManifest(weightsManifest, (reason) => {
    throw new SyntaxError(`Cannot load ${path}: ${printable(reason)}`);
  });
  for (const name of weightsManifest.flatMap(({ paths }) => paths)) {
    const isPlain = !/[/\\]/.test(name); // else another program wrote it
    const bytes = isPlain ? await files.read(name).catch(() => null) : null; // reported by the loader
    if (isPlain && (bytes === null || weightsFileName(bytes) === name)) continue;
    throw new Error(
      `Cannot trust ${files.path(name)}: its bytes differ from their SHA-256; it is damaged`,
    );
  }
}

function hexOf(data: string | Uint8Array): string {
  const hash = createSha256();
  hash.update(data);
  return hash.hex();
}
