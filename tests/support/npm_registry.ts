import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { eventually } from "./eventually.ts";
import { run } from "./command.ts";

/** A running npm registry on the loopback interface. */
export interface NpmRegistry extends AsyncDisposable {
  url: string;
  /** Publishes an archive of `npm pack`. */
  publish(archive: string): Promise<void>;
}

/** The last that Node 20 runs. */
const VERDACCIO = "6.1.6";

/**
 * Starts verdaccio, which it installs into `folder`. It takes the packages under test from whoever
 * publishes them, has them from nowhere else, and fetches every other package from the registry that
 * npm is configured for on this machine.
 */
export async function startNpmRegistry(folder: string): Promise<NpmRegistry> {
  await mkdir(folder, { recursive: true });
  const manifest = {
    private: true,
    dependencies: { verdaccio: VERDACCIO },
    // Verdaccio asks for it by a tag, which not every mirror has
    overrides: { "node-fetch": "2.7.0" },
  };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  await run(["npm", "install", "--silent", "--no-audit"], { cwd: folder });

  const setting = async (name: string): Promise<string | null> => {
    const { stdout } = await run(["npm", "config", "get", name], { cwd: folder });
    return /^(|null|undefined)$/.test(stdout.trim()) ? null : stdout.trim();
  };
  const uplink = { url: await setting("registry"), timeout: "120s", maxage: "1h" };
  const config = {
    storage: join(folder, "storage"),
    uplinks: { configured: uplink },
    packages: {
      "@segadv/*": { access: "$all", publish: "$all" },
      segadv: { access: "$all", publish: "$all" },
      "**": { access: "$all", proxy: "configured" },
    },
    https_proxy: await setting("https-proxy") ?? "",
    log: { type: "stdout", format: "json", level: "error" },
  };
  await writeFile(join(folder, "config.yaml"), JSON.stringify(config)); // which is YAML too

  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const cafile = await setting("cafile");
  const program = join("node_modules", "verdaccio", "bin", "verdaccio");
  const server = spawn("node", [program, "--config", "config.yaml", "--listen", url], {
    cwd: folder,
    stdio: "ignore",
    env: { ...process.env, ...(cafile !== null && { NODE_EXTRA_CA_CERTS: cafile }) },
  });
  await eventually(async () => (await fetch(`${url}-/ping`).catch(() => null))?.ok === true);

  const rc = join(folder, "publish.npmrc");
  // npm publishes with a token only, whatever it says
  await writeFile(rc, `registry=${url}\n//127.0.0.1:${port}/:_authToken=any\n`);
  return {
    url,
    async publish(archive): Promise<void> {
      await run(["npm", "publish", archive, "--userconfig", rc], { cwd: folder });
    },
    async [Symbol.asyncDispose](): Promise<void> {
      server.kill();
      server.unref();
      // By its port: Deno does not always report the end of this child to a test's last hook
      await eventually(async () => (await fetch(`${url}-/ping`).catch(() => null)) === null);
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
