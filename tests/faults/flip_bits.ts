import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { randomStream } from "../../lib/util/random.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import { train } from "../../lib/train/run/train.ts";
import { flipSubjects } from "./_flip_subjects.ts";
import { subjectConfig } from "./subject.ts";

/** What a number of damaged files came to. */
export interface FlipReport {
  seed: number;
  files: number;
  refused: number;
  /** Files that loaded, to exactly what the intact file holds. */
  harmless: number;
  /** Damaged newest checkpoints: their runs went on from the one before, and said so. */
  resumed: number;
  /** Files that loaded to something else, and runs that did not go on as they should. */
  wrong: string[];
}

/** How many files go to single loads for one that a whole run is resumed from. */
const LOADS_PER_RUN = 50;

/**
 * Flips one bit of a file, or cuts it short, and loads it; `count` times, over a checkpoint, a saved
 * network's two files, weights of three formats and label maps of two. One in fifty is the newest
 * checkpoint of a run, which is then resumed.
 */
export async function flipBits(options: { count: number; seed: number }): Promise<FlipReport> {
  const { count, seed } = options;
  const random = randomStream(seed, "flip");
  const report: FlipReport = { seed, files: 0, refused: 0, harmless: 0, resumed: 0, wrong: [] };
  const folder = await mkdtemp(join(tmpdir(), "segadv-flip-"));
  try {
    const subjects = await Promise.all(
      (await flipSubjects(folder)).map(async (subject) => ({
        ...subject,
        intact: new Uint8Array(await readFile(subject.path)), // a Buffer's slices are views
        expected: await subject.load(),
      })),
    );
    const resume = await damagedRuns(join(folder, "runs"));
    for (; report.files < count; report.files++) {
      if (report.files % LOADS_PER_RUN === LOADS_PER_RUN - 1) {
        const fault = await resume(random);
        if (fault === null) report.resumed++;
        else report.wrong.push(fault);
        continue;
      }
      const { path, intact, expected, load } = subjects[random.integer(subjects.length)]!;
      const { bytes, what } = damage(intact, random);
      await writeFile(path, bytes);
      const loaded = await load().catch(() => null);
      if (loaded === null) report.refused++;
      else if (loaded === expected) report.harmless++;
      else report.wrong.push(`${basename(path)}: ${what}`);
      await writeFile(path, intact);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return report;
}

type Random = ReturnType<typeof randomStream>;

/** Makes a run of two steps; what it gives damages its newest checkpoint and resumes it. */
async function damagedRuns(folder: string): Promise<(random: Random) => Promise<string | null>> {
  const [whole, copy] = [join(folder, "whole"), join(folder, "copy")];
  const config = await subjectConfig("threads=1", "model.width=0.01", "train.maxSteps=2");
  const { weightsSha256 } = await train(config, { out: whole });
  // As if it had been killed before it ended
  const log = join(whole, "events.jsonl");
  const lines = (await readFile(log, "utf8")).split("\n");
  await writeFile(log, lines.filter((line) => !line.includes('"type":"end"')).join("\n"));
  return async (random) => {
    await rm(copy, { recursive: true, force: true });
    await cp(whole, copy, { recursive: true });
    const newest = (await readdir(join(copy, "checkpoint"))).sort().at(-1)!;
    const path = join(copy, "checkpoint", newest);
    const { bytes, what } = damage(new Uint8Array(await readFile(path)), random);
    await writeFile(path, bytes);
    const said: string[] = [];
    const result = await resumeTraining(copy, {
      onEvent: (event) => event.type === "warning" && said.push(event.message),
    }).catch((error: Error) => error);
    if (result instanceof Error) return `${newest}, ${what}: ${result.message}`;
    const isSaid = said.some((text) => text.includes("passed over") && text.includes(newest));
    const isRight = isSaid && result.resumedAt === 1 && result.weightsSha256 === weightsSha256;
    return isRight ? null : `${newest}, ${what}: resumed at ${result.resumedAt}, said ${said}`;
  };
}

function damage(intact: Uint8Array, random: Random): { bytes: Uint8Array; what: string } {
  if (random.integer(4) === 0) {
    const length = random.integer(intact.length);
    return { bytes: intact.slice(0, length), what: `cut to ${length} bytes` };
  }
  const bit = random.integer(intact.length * 8);
  const bytes = intact.slice();
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  return { bytes, what: `bit ${bit} flipped` };
}
