// A run to be killed: begins it or goes on with it, and says the hash of its weights.
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import { subjectConfig } from "./subject.ts";

const [out, ...settings] = process.argv.slice(2) as [string, ...string[]];
const result = existsSync(join(out, "config.yaml"))
  ? await resumeTraining(out)
  : await train(await subjectConfig(...settings), { out });
process.stdout.write(`${result.reason} ${result.weightsSha256}\n`);
process.exit(0);
