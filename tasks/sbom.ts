/**
 * `deno task sbom`: what this project is made of, as a CycloneDX 1.6 document on stdout. The same
 * lock file gives the same bytes.
 */
import { Buffer } from "node:buffer";
import manifest from "../deno.json" with { type: "json" };
import { type LockedPackage, lockedPackages } from "./supply/locked_packages.ts";

/** The document for a set of packages. */
export function bomOf(packages: LockedPackage[]): object {
  const own = `pkg:npm/${purlName(manifest.name)}@${manifest.version}`;
  return {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: {
      component: {
        "type": "library",
        "bom-ref": own,
        name: manifest.name,
        version: manifest.version,
        licenses: [{ expression: manifest.license }],
        purl: own,
      },
    },
    components: packages.map(({ name, version, integrity, license }) => {
      const [algorithm, hash] = integrity.split("-", 2) as [string, string];
      return {
        "type": "library",
        "bom-ref": purl(name, version),
        name,
        version,
        purl: purl(name, version),
        hashes: [{
          alg: algorithm.toUpperCase().replace("SHA", "SHA-"),
          content: Buffer.from(hash, "base64").toString("hex"),
        }],
        ...(license === null ? {} : { licenses: [{ expression: license }] }),
      };
    }),
  };
}

function purl(name: string, version: string): string {
  return `pkg:npm/${purlName(name)}@${version}`;
}

function purlName(name: string): string {
  return name.replace("@", "%40");
}

if (import.meta.main) console.log(JSON.stringify(bomOf(await lockedPackages()), null, 2));
