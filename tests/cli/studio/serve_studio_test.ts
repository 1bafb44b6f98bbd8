import assert from "node:assert/strict";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { PAGE_FILES } from "../../../cli/studio/page_files.ts";
import { buildStudioSite, serveStudio } from "../../../cli/studio/serve_studio.ts";
import { temporaryFolders } from "../../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** A folder with a page of dummies, a network beside a secret, and how they are given. */
async function dummies(): Promise<{ folder: string; network: string; page: URL }> {
  const folder = temporaryFolder();
  const [page, network] = [join(folder, "page"), join(folder, "run")];
  await mkdir(page);
  await mkdir(join(network, "best"), { recursive: true });
  for (const name of Object.keys(PAGE_FILES)) await writeFile(join(page, name), `this is ${name}`);
  const weightsManifest = [{
    paths: ["w.bin", "../../secret", "sub/x", "..", "/etc/passwd", "link.bin"],
  }];
  await writeFile(join(network, "best/model.json"), JSON.stringify({ weightsManifest }));
  await writeFile(join(network, "best/w.bin"), "weights");
  await writeFile(join(network, "config.yaml"), "seed: 1\n");
  await writeFile(join(network, "events.jsonl"), "private");
  await writeFile(join(folder, "secret"), "secret");
  await symlink(join(folder, "secret"), join(network, "best/link.bin"));
  return { folder, network, page: pathToFileURL(`${page}/`) };
}

/** A request as it is given: paths are not tidied up. */
function ask(
  url: string,
  { path, method = "GET", headers = {} }: {
    path: string;
    method?: string;
    headers?: Record<string, string>;
  },
): Promise<{ status: number; text: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const asked = request({ hostname, port, path, method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part) => text += part);
      response.on("end", () => {
        resolve({ status: response.statusCode!, text, headers: response.headers });
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}

/** What a server answers to bare bytes. */
function bare(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.end(text));
    socket.setEncoding("utf8").on("data", (part) => answer += part);
    socket.on("end", () => resolve(answer)).on("error", reject);
  });
}

/** Serves the dummies for as long as `use` runs. */
async function served(use: (url: string) => Promise<void>): Promise<void> {
  const studio = await serveStudio(await dummies(), 0);
  try {
    await use(studio.url);
  } finally {
    await studio.close();
  }
}

describe("serveStudio()", () => {
  test("serveStudio() gives the page, and of the network's folder only what the page needs", async () => {
    await served(async (url) => {
      const page = await ask(url, { path: "/" });
      assert.deepEqual([page.status, page.text], [200, "this is index.html"]);
      assert.equal(page.headers["cross-origin-embedder-policy"], "require-corp");
      assert.match(String(page.headers["content-security-policy"]), /^default-src 'none'/);
      const files = JSON.parse((await ask(url, { path: "/model/files.json" })).text);
      assert.deepEqual(files, ["best/model.json", "best/w.bin", "config.yaml"]);
      assert.equal((await ask(url, { path: "/model/best/w.bin" })).text, "weights");
    });
  });

  test("serveStudio() refuses every path that is not in its list", async () => {
    const paths = [
      ...["/model/events.jsonl", "/model/best/link.bin", "/model/../secret", "/../secret"],
      ...["/model/best/../../../secret", "/model/..%2f..%2fsecret", "/model/%2e%2e/secret"],
      ...["/model/best%2fw.bin%00.png", "/model//etc/passwd", "/model/best\\w.bin", "/model/"],
      ...["/etc/passwd", "/page/index.html", "/%", "/__proto__", "/constructor"],
      `/${"a".repeat(5000)}`,
    ];
    await served(async (url) => {
      for (const path of paths) {
        const { status, text } = await ask(url, { path });
        assert.ok(status >= 400 && status < 500, `${path.slice(0, 80)}: ${status} ${text}`);
        assert.doesNotMatch(text, /secret|private|root:/, path.slice(0, 80));
      }
    });
  });

  test("serveStudio() refuses foreign hosts, pages and every method that is not for reading", async () => {
    await served(async (url) => {
      const { port } = new URL(url);
      for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1.evil.example"]) {
        assert.ok((await ask(url, { path: "/", headers: { host } })).status >= 400, host);
      }
      for (const origin of ["http://evil.example", "null", `https://127.0.0.1:${port}`]) {
        const { status } = await ask(url, { path: "/model/files.json", headers: { origin } });
        assert.equal(status, 403, origin);
      }
      assert.match(await bare(Number(port), "GET / HTTP/1.0\r\n\r\n"), /^HTTP\S+ 4\d\d/);
      const own = { origin: `http://127.0.0.1:${port}` };
      assert.equal((await ask(url, { path: "/", headers: own })).status, 200);
      for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
        assert.equal((await ask(url, { path: "/", method })).status, 405, method);
      }
    });
  });

  test("serveStudio() answers others while clients are slow", async () => {
    await served(async (url) => {
      const port = Number(new URL(url).port);
      const slow = Array.from({ length: 50 }, () => {
        const socket = connect(port, "127.0.0.1");
        socket.on("error", () => {});
        socket.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ");
        return socket;
      });
      assert.equal((await ask(url, { path: "/" })).status, 200);
      for (const socket of slow) socket.destroy();
    });
  });

  test("serveStudio() says what to do where the page was not built", async () => {
    const page = pathToFileURL(`${temporaryFolder()}/`);
    await assert.rejects(serveStudio({ network: null, page }, 0), /deno task build:studio$/);
  });
});

test("buildStudioSite() writes the page and the network for any host", async () => {
  const given = await dummies();
  const out = join(given.folder, "site");
  await buildStudioSite(given, out);
  assert.equal(await readFile(join(out, "model/best/w.bin"), "utf8"), "weights");
  assert.equal(await readFile(join(out, "index.html"), "utf8"), "this is index.html");
  await assert.rejects(readFile(join(out, "model/events.jsonl")));
});
