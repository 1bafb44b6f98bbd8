// Takes the folder named by its argument, says so or why not, and holds it until it is killed. With
// a second argument it takes that file's renewed lock, says whose it was, and gives it back.
import process from "node:process";
import { lockFile, lockFolder } from "../../lib/util/lock.ts";

if (process.argv[3] !== undefined) {
  const lock = await lockFile(process.argv[3]);
  process.stdout.write(lock === null ? "refused" : `held ${lock.stale?.host}`);
  await lock?.release();
  process.exit();
}
try {
  const { stale } = await lockFolder(process.argv[2]!);
  process.stdout.write(`held ${JSON.stringify(stale)}\n`);
  setInterval(() => {}, 1000);
} catch (error) {
  process.stdout.write(`refused ${(error as Error).message}\n`);
}
