// Ends the process where one input is being read for too long; it cannot end itself.
import { writeFileSync } from "node:fs";
import process from "node:process";
import { workerData } from "node:worker_threads";

const { shared, ms } = workerData as { shared: SharedArrayBuffer; ms: number };
const [counter, length] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)];
let last = -1;
let since = Date.now();

setInterval(() => {
  const now = Atomics.load(counter, 0);
  if (now !== last) [last, since] = [now, Date.now()];
  if (now % 2 === 0 || Date.now() - since < ms) return; // even: between two inputs
  const path = `fuzz-hang-${process.pid}.bin`;
  writeFileSync(path, new Uint8Array(shared, 8, Atomics.load(length, 0)).slice());
  process.stderr.write(`\nan input hangs for ${ms} ms; it is in ${path}\n`);
  process.kill(process.pid, "SIGKILL");
}, 500);
