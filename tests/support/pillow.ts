/** What Python's Pillow reads from image files: the reference of our decoders. */
import { execFileSync } from "node:child_process";

const PYTHONS = ["python3", "/usr/bin/python3"];
const HASHES = `
import hashlib, json, sys
import numpy as np
from PIL import Image
Image.MAX_IMAGE_PIXELS = None
for path in json.load(sys.stdin):
    image = Image.open(path)
    pixels = np.array(image if path.endswith(".png") else image.convert("RGB"))
    if pixels.dtype not in (np.uint8, np.uint16):
        pixels = pixels.astype(np.uint8 if pixels.dtype == bool else np.uint16)
    print(hashlib.sha256(pixels.tobytes()).hexdigest())
`;

/** Why Pillow cannot be asked, or `false`. */
export const skipWithoutPillow: string | false = findPython() ? false : "Pillow is not installed";

function findPython(): string | undefined {
  return PYTHONS.find((python) => {
    try {
      execFileSync(python, ["-c", "import PIL, numpy"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs a Python program with `input` as JSON on its standard input; returns its output. */
export function runPython(program: string, input: unknown): string {
  const options = { input: JSON.stringify(input), encoding: "utf8", maxBuffer: 2 ** 28 } as const;
  return execFileSync(findPython()!, ["-c", program], options);
}

/** SHA-256 of the samples of each file, as Pillow decodes it (JPEG as RGB). */
export function pillowHashes(files: string[]): string[] {
  return runPython(HASHES, files).trim().split("\n");
}
