// Takes the folder named by its argument, says so or why not, and holds it until it is killed.
import process from "node:process";
import { lockFolder } from "../../lib/util/lock.ts";

try {
  const { stale } = await lockFolder(process.argv[2]!);
  process.stdout.write(`held ${JSON.stringify(stale)}\n`);
  setInterval(() => {}, 1000);
} catch (error) {
  process.stdout.write(`refused ${(error as Error).message}\n`);
}
