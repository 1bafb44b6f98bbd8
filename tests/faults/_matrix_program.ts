// A run of the fault matrix, to be killed.
import process from "node:process";
import { train } from "../../lib/train/run/train.ts";
import { matrixConfig } from "./_matrix_config.ts";

const [out, backend] = process.argv.slice(2);
await train(await matrixConfig(backend!), { out: out! });
process.exit(0);
