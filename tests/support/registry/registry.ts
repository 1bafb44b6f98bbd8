import { createHash } from "node:crypto";
import { mediaType } from "./media_type.ts";
import { PackageStore } from "./package_store.ts";
import { readTar } from "./tar.ts";

/** A running stand-in for the JSR registry. */
export interface Registry extends AsyncDisposable {
  /** Value for the environment variable `JSR_URL`. */
  url: string;
  /** What was published to it. */
  store: PackageStore;
}

/**
 * Starts a stand-in for the JSR registry on the loopback interface. It takes what `deno publish`
 * uploads, with any token, and serves it back to `deno run jsr:…`. It keeps everything in memory.
 *
 * The test of packaging runs against it, since some faults show only in modules that were loaded
 * over http: there is no other way to see them before they are published.
 */
export function startRegistry(): Registry {
  const store = new PackageStore();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => answer(request, store),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    store,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const API = "/api/scopes/(?<scope>[^/]+)/packages/(?<name>[^/]+)";
const PACKAGE = new RegExp(`^${API}$`);
const VERSION = new RegExp(`^${API}/versions/(?<version>[^/]+)$`);
const META = /^\/@(?<scope>[^/]+)\/(?<name>[^/]+)\/meta\.json$/;
const VERSION_META = /^\/@(?<scope>[^/]+)\/(?<name>[^/]+)\/(?<version>[^/]+)_meta\.json$/;
const FILE = /^\/@(?<scope>[^/]+)\/(?<name>[^/]+)\/(?<version>[^/]+)(?<path>\/.+)$/;

async function answer(request: Request, store: PackageStore): Promise<Response> {
  const { pathname } = new URL(request.url);
  const version = VERSION.exec(pathname)?.groups;
  if (version && request.method === "POST") return await publish(request, store, idOf(version));
  if (version) return store.find(idOf(version)) ? Response.json(version) : notFound();
  const known = PACKAGE.exec(pathname)?.groups;
  if (known) return Response.json({ ...known, latestVersion: null });
  if (pathname.startsWith("/api/publish_status/")) return Response.json(DONE);
  const meta = META.exec(pathname)?.groups;
  if (meta) return describePackage(idOf(meta).name, store);
  const versionMeta = VERSION_META.exec(pathname)?.groups;
  if (versionMeta) return describeVersion(idOf(versionMeta), store);
  const file = FILE.exec(pathname)?.groups;
  const bytes = file && store.find(idOf(file))?.files.get(decodeURI(file.path ?? ""));
  if (!bytes) return notFound();
  return new Response(bytes, { headers: { "content-type": mediaType(pathname) } });
}

/** State of every upload: it is stored before it is answered. */
const DONE = { id: "1", status: "success" };

interface Id {
  name: string;
  version: string;
}

function idOf(groups: Record<string, string | undefined>): Id {
  return { name: `@${groups.scope}/${groups.name}`, version: groups.version ?? "" };
}

async function publish(request: Request, store: PackageStore, id: Id): Promise<Response> {
  if (!request.headers.has("authorization")) {
    return Response.json({ code: "missingAuthentication", message: "No token" }, { status: 401 });
  }
  const config = new URL(request.url).searchParams.get("config") ?? "/deno.json";
  try {
    const body = request.body?.pipeThrough(new DecompressionStream("gzip"));
    const archive = new Uint8Array(await new Response(body).arrayBuffer());
    store.add(id, { files: readTar(archive), config });
  } catch (error) {
    const { message } = error as Error;
    return Response.json({ code: "malformedRequest", message }, { status: 400 });
  }
  return Response.json(DONE);
}

function describePackage(name: string, store: PackageStore): Response {
  const versions = store.versions(name);
  if (versions.length === 0) return notFound();
  return Response.json({
    latest: versions.at(-1),
    versions: Object.fromEntries(versions.map((version) => [version, {}])),
  });
}

function describeVersion(id: Id, store: PackageStore): Response {
  const version = store.find(id);
  if (!version) return notFound();
  const manifest = [...version.files].map(([path, bytes]) => [path, {
    size: bytes.length,
    checksum: `sha256-${createHash("sha256").update(bytes).digest("hex")}`,
  }]);
  return Response.json({ exports: version.exports, manifest: Object.fromEntries(manifest) });
}

function notFound(): Response {
  return Response.json({ code: "notFound", message: "Not found" }, { status: 404 });
}
