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

const PACKAGE = new URLPattern({ pathname: "/api/scopes/:scope/packages/:name" });
const VERSION = new URLPattern({ pathname: "/api/scopes/:scope/packages/:name/versions/:version" });
const STATUS = new URLPattern({ pathname: "/api/publish_status/:id" });
const META = new URLPattern({ pathname: "/@:scope/:name/meta.json" });
const VERSION_META = new URLPattern({ pathname: "/@:scope/:name/:version([^/]+)_meta.json" });
const FILE = new URLPattern({ pathname: "/@:scope/:name/:version/*" });

async function answer(request: Request, store: PackageStore): Promise<Response> {
  const { url, method } = request;
  const version = VERSION.exec(url)?.pathname.groups;
  if (version && method === "POST") return await publish(request, { store, ...idOf(version) });
  if (version) return store.find(idOf(version)) ? Response.json(version) : notFound();
  const known = PACKAGE.exec(url)?.pathname.groups;
  if (known) return Response.json({ ...known, latestVersion: null });
  if (STATUS.test(url)) return Response.json({ id: "1", status: "success" });
  const meta = META.exec(url)?.pathname.groups;
  if (meta) return packageMeta(idOf(meta).name, store);
  const versionMeta = VERSION_META.exec(url)?.pathname.groups;
  if (versionMeta) return describeVersion(idOf(versionMeta), store);
  const file = FILE.exec(url)?.pathname.groups;
  const bytes = file && store.find(idOf(file))?.files.get(`/${file["0"]}`);
  if (!bytes) return notFound();
  return new Response(bytes, { headers: { "content-type": mediaType(url) } });
}

function idOf(groups: Record<string, string | undefined>): { name: string; version: string } {
  return { name: `@${groups.scope}/${groups.name}`, version: groups.version ?? "" };
}

async function publish(
  request: Request,
  { store, name, version }: { store: PackageStore; name: string; version: string },
): Promise<Response> {
  if (!request.headers.has("authorization")) {
    return Response.json({ code: "missingAuthentication", message: "No token" }, { status: 401 });
  }
  const config = new URL(request.url).searchParams.get("config") ?? "/deno.json";
  try {
    const body = request.body?.pipeThrough(new DecompressionStream("gzip"));
    const archive = new Uint8Array(await new Response(body).arrayBuffer());
    store.add({ name, version }, { files: readTar(archive), config });
  } catch (error) {
    const { message } = error as Error;
    return Response.json({ code: "malformedRequest", message }, { status: 400 });
  }
  return Response.json({ id: "1", status: "success" });
}

function packageMeta(name: string, store: PackageStore): Response {
  const versions = store.versions(name);
  if (versions.length === 0) return notFound();
  return Response.json({
    latest: versions.at(-1),
    versions: Object.fromEntries(versions.map((version) => [version, {}])),
  });
}

function describeVersion(id: { name: string; version: string }, store: PackageStore): Response {
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
