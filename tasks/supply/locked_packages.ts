import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A package of the lock file. */
export interface LockedPackage {
  name: string;
  version: string;
  /** Subresource integrity, `sha512-…`. */
  integrity: string;
  /** SPDX expression, `null` where neither manifest nor licence file tells. */
  license: string | null;
}

interface LockFile {
  npm: Record<string, { integrity: string }>;
}

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Every package that `deno.lock` names, with its licence as installed; sorted by name. */
export async function lockedPackages(): Promise<LockedPackage[]> {
  const lock = JSON.parse(await readFile(join(root, "deno.lock"), "utf8")) as LockFile;
  const packages = await Promise.all(
    Object.entries(lock.npm).map(async ([key, { integrity }]) => {
      const at = key.indexOf("@", 1);
      // Behind a `_` the lock file lists the versions of a package's peers
      const [name, version] = [key.slice(0, at), key.slice(at + 1).split("_")[0]!];
      return { name, version, integrity, license: await licenseOf(name, version, key) };
    }),
  );
  return packages.sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
}

async function licenseOf(
  name: string,
  version: string,
  key: string,
): Promise<string | null> {
  const plus = name.replace("/", "+");
  const store = join(root, "node_modules/.deno");
  const peers = key.slice(key.indexOf("@", 1) + 1).replaceAll("/", "+");
  for (const folder of [`${plus}@${version}`, `${plus}@${peers}`, `${plus}@${version}_1`]) {
    const path = join(store, folder, "node_modules", name);
    const text = await readFile(join(path, "package.json"), "utf8").catch(() => null);
    if (text === null) continue;
    return declared(JSON.parse(text)) ?? await fromText(path);
  }
  return null;
}

/** What a manifest says; older ones say it in an object or a list. */
function declared(manifest: { license?: unknown; licenses?: unknown }): string | null {
  const { license, licenses } = manifest;
  const all = [license ?? licenses].flat().map((one) =>
    typeof one === "string" ? one : (one as { type?: unknown } | undefined)?.type
  );
  const names = all.filter((one): one is string => typeof one === "string");
  return names.length === 0 || /^SEE /.test(names[0]!) ? null : names.join(" OR ");
}

async function fromText(path: string): Promise<string | null> {
  for (const file of ["LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "license"]) {
    const text = await readFile(join(path, file), "utf8").catch(() => "");
    if (/Permission is hereby granted, free of charge/.test(text)) return "MIT";
    if (/Apache License\s+Version 2\.0/.test(text)) return "Apache-2.0";
    if (/Redistribution and use in source and binary forms/.test(text)) {
      return /Neither the name/.test(text) ? "BSD-3-Clause" : "BSD-2-Clause";
    }
  }
  return null;
}
