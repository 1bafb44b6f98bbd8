import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";
import { longSkip } from "./long_test.ts";

/** Why no test can or should open Chromium, or false. */
export const chromiumSkip: string | false = longSkip || missing();

function missing(): string | false {
  if (spawnSync("chromium", ["--version"]).status === 0) return false;
  return "chromium is not installed";
}

/** A page in a headless browser, watched. */
export interface Page {
  /** Errors of the console and exceptions. */
  errors: string[];
  /** URLs that the page asked for. */
  requests: string[];
  /** Value of a JavaScript expression; promises are awaited. */
  evaluate<T>(expression: string): Promise<T>;
  /** Tries the expression until it is true. */
  until(expression: string): Promise<void>;
}

/** How the page is looked at. */
export interface View {
  width: number;
  dark?: boolean;
}

/** Opens a page in Chromium for as long as `use` runs, through the DevTools protocol. */
export async function withPage<T>(
  url: string,
  { width, dark = false }: View,
  use: (page: Page) => Promise<T>,
): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), "segadv-chromium-"));
  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"];
  const browser = spawn("chromium", [...flags, `--user-data-dir=${profile}`, "about:blank"]);
  try {
    const session = await connect(await debuggerOf(browser));
    const { call, page } = session;
    await call("Page.enable");
    await call("Runtime.enable");
    await call("Log.enable");
    await call("Network.enable");
    const metrics = { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 };
    await call("Emulation.setDeviceMetricsOverride", metrics);
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    await call("Emulation.setEmulatedMedia", { features });
    await call("Page.navigate", { url });
    await page.until("document.readyState === 'complete' && location.href !== 'about:blank'");
    const result = await use(page);
    session.close();
    return result;
  } finally {
    const gone = new Promise((resolve) => browser.once("exit", resolve));
    browser.kill("SIGKILL");
    await gone;
    // Its helpers outlive it for a moment, and write there; Deno knows no maxRetries
    const remove = (): Promise<void> => rm(profile, { recursive: true, force: true });
    await eventually(() => remove().then(() => true, () => false));
  }
}

/** Waits for the browser to say where its first page can be driven. */
async function debuggerOf(browser: ChildProcess): Promise<string> {
  const port = await new Promise<string>((resolve, reject) => {
    let heard = "";
    browser.stderr!.on("data", (chunk: Uint8Array) => {
      heard += new TextDecoder().decode(chunk);
      const found = /DevTools listening on ws:\/\/[^:]+:(\d+)\//.exec(heard);
      if (found) resolve(found[1]!);
    });
    browser.once("exit", () => reject(new Error(`Chromium ended: ${heard}`)));
  });
  for (;;) {
    const pages = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
    const page = pages.find(({ type }: { type: string }) => type === "page");
    if (page !== undefined) return page.webSocketDebuggerUrl;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

interface Session {
  page: Page;
  call(method: string, params?: object): Promise<{ result?: { value: unknown } }>;
  close(): void;
}

async function connect(url: string): Promise<Session> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, { resolve(value: never): void; reject(error: Error): void }>();
  const errors: string[] = [];
  const requests: string[] = [];
  let calls = 0;
  socket.onmessage = ({ data }) => {
    const { id, result, error, method, params } = JSON.parse(data);
    if (id !== undefined) {
      const call = waiting.get(id);
      if (error) call?.reject(new Error(error.message));
      else call?.resolve(result as never);
    } else if (method === "Runtime.exceptionThrown") {
      errors.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    } else if (method === "Runtime.consoleAPICalled" && params.type === "error") {
      errors.push(JSON.stringify(params.args));
    } else if (method === "Log.entryAdded" && params.entry.level === "error") {
      errors.push(params.entry.text);
    } else if (method === "Network.requestWillBeSent") requests.push(params.request.url);
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  const call: Session["call"] = (method, params = {}) =>
    new Promise((resolve, reject) => {
      waiting.set(++calls, { resolve, reject });
      socket.send(JSON.stringify({ id: calls, method, params }));
    });
  const evaluate = async <T>(expression: string): Promise<T> => {
    const { result } = await call("Runtime.evaluate", {
      expression,
      returnByValue: true,
      awaitPromise: true,
    });
    return result!.value as T;
  };
  const until = async (expression: string): Promise<void> => {
    const end = Date.now() + 120_000;
    while (!await evaluate<boolean>(`!!(${expression})`)) {
      if (Date.now() > end) throw new Error(`never true in the page: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { page: { errors, requests, evaluate, until }, call, close: () => socket.close() };
}
