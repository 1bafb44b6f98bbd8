/** The thread of a run: what `trainInThread` starts. */
import { parentPort, workerData } from "node:worker_threads";
import { resumeTraining } from "./resume.ts";
import { packError, type ThreadAnswer, type TrainJob } from "./thread_messages.ts";
import { train, type TrainOptions } from "./train.ts";

const port = parentPort!;
const controller = new AbortController();
port.on("message", () => controller.abort());

function say(answer: ThreadAnswer): void {
  port.postMessage(answer);
}

async function run(job: TrainJob): Promise<void> {
  const options: TrainOptions = {
    signal: controller.signal,
    onEvent: (event) => say({ kind: "event", event }),
  };
  say({ kind: "ready" });
  try {
    const result = "resume" in job
      ? await resumeTraining(job.resume, { ...options, ...job })
      : await train(job.config, { ...options, ...job });
    say({ kind: "done", result });
  } catch (error) {
    say({ kind: "failed", error: packError(error) });
  }
}

await run(workerData as TrainJob);
