const TYPES: Record<string, string> = {
  ts: "text/typescript",
  js: "text/javascript",
  json: "application/json",
  wasm: "application/wasm",
  md: "text/markdown",
};

/** The content type under which a registry serves a file; Deno decides by it what a module is. */
export function mediaType(path: string): string {
  const extension = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  return TYPES[extension] ?? "application/octet-stream";
}
