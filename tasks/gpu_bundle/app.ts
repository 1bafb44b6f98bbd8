/**
 * The program inside the folder that `tasks/gpu_bundle.ts` makes: the benchmark, the numerics suite
 * or the command line of segadv.
 */
import { availableParallelism } from "node:os";
import process from "node:process";
import { main as segadv } from "../../cli/main.ts";
import { openDevice } from "../../lib/engine/webgpu/device.ts";
import { describeRow, webgpuRows } from "../../bench/webgpu_suite.ts";

/**
 * Runs what the arguments ask for.
 *
 * @param options What loads the tests; they run where the process is `deno test`.
 */
export async function runApp(options: { loadNumerics: () => Promise<void> }): Promise<void> {
  Object.assign(globalThis, { segadvInvocation: "sh start.sh" });
  const [command, ...rest] = process.argv.slice(2);
  if (command === "numerics") await options.loadNumerics();
  else if (command === "bench") await bench(rest.includes("--json"));
  else if (command === "adapter") console.log(JSON.stringify(await describeAdapter(), null, 2));
  else await segadv(process.argv);
}

async function bench(json: boolean): Promise<void> {
  const adapter = await describeAdapter();
  console.error(`${adapter.device}${adapter.software ? ", a program on the processor" : ""}`);
  const results = await webgpuRows({ log: (text) => console.error(text) });
  const machine = { ...adapter, cores: availableParallelism(), runtime: navigator.userAgent };
  if (json) console.log(JSON.stringify({ suite: "webgpu", machine, results }));
  else for (const row of results) console.log(describeRow(row));
}

/** What a report on another machine should say of its GPU. */
async function describeAdapter() {
  const { name, software, features, limits, info, device, errors } = await openDevice();
  errors.close();
  device.destroy();
  const { vendor, architecture } = info;
  return { device: name, vendor, architecture, software, features, limits };
}
