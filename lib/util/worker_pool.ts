/**
 * Tasks of one kind on worker threads: the pool that hands them out, and the workers' side.
 *
 * @module
 */
import { parentPort, Worker, workerData } from "node:worker_threads";

/** A value for another thread, and the buffers that move there with it. */
export interface Parcel<T> {
  value: T;
  transfer: ArrayBuffer[];
}

/** A message of a worker. */
export type Answer<Result> =
  | { kind: "ready" }
  | { kind: "unable"; error: PackedError }
  | { kind: "done"; id: number; value: Result }
  | { kind: "failed"; id: number; error: PackedError };

/** An error as it crosses threads: its class by name, so that the receiver makes one of that class. */
export interface PackedError {
  name: string;
  message: string;
}

/** How a pool is made. */
export interface WorkerPoolOptions {
  /** Module that calls `serveTasks`; it may lie behind http. */
  module: URL;
  /** Handed to each worker before its first task; cloned. */
  setup: unknown;
  workers: number;
  /** Most tasks that a worker holds, so that it has work while this thread is busy. */
  depth: number;
}

/** Name and group of a task. */
export interface RunOptions {
  /** Names the task in errors. */
  name: string;
  /** Tasks of one group can be cancelled together. */
  group: object;
}

interface Job<Task, Result> extends RunOptions {
  pack: () => Parcel<Task>;
  /** Workers that ended while they worked on it. */
  deaths: number;
  resolve: (value: Result) => void;
  reject: (error: Error) => void;
}

interface Member<Task, Result> {
  worker: Worker;
  ready: boolean;
  /** In the order in which the worker does them. */
  jobs: Map<number, Job<Task, Result>>;
  lastError: string;
}

/** A worker could not be started: a sandbox forbids it, or its file is missing. */
export class NoWorkerError extends Error {
  override readonly name: string = "NoWorkerError";
}

/** A task on which this many workers ended is given up. */
const MAX_DEATHS = 3;

/**
 * Threads that do tasks of one kind, first come first served. They start with the first task, which
 * waits for the first of them only. A worker that ends is replaced and its tasks are done again. An
 * idle pool does not keep the process alive.
 */
export class WorkerPool<Task, Result> {
  readonly #options: WorkerPoolOptions;
  readonly #members: Set<Member<Task, Result>> = new Set();
  #queue: Job<Task, Result>[] = [];
  #running = 0;
  #lastId = 0;
  #closed = false;
  /** Whether its workers keep the process alive. */
  #holds = false;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /**
   * Does a task.
   *
   * @param pack Makes what is sent: called again for each worker that ends over it.
   * @throws What the task threw: `SyntaxError`, `RangeError`, `TypeError` or `Error`.
   * @throws {NoWorkerError} If no worker can be started.
   * @throws {Error} If the task ends every worker that tries it.
   */
  run(pack: () => Parcel<Task>, options: RunOptions): Promise<Result> {
    if (this.#closed) throw new Error(`Cannot work on ${options.name}: its workers were ended`);
    return new Promise((resolve, reject) => {
      this.#queue.push({ ...options, pack, resolve, reject, deaths: 0 });
      while (this.#members.size < this.#options.workers) this.#start();
      this.#dispatch();
    });
  }

  /** Drops the tasks of a group that no worker holds yet: their promises reject. */
  cancel(group: object): void {
    const dropped = this.#queue.filter((job) => job.group === group);
    this.#queue = this.#queue.filter((job) => job.group !== group);
    for (const { name, reject } of dropped) reject(new Error(`Work on ${name} was cancelled`));
    this.#hold();
  }

  /** Ends the workers; tasks that are not done reject. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#giveUp(new Error("Work was cancelled: its workers were ended"));
  }

  #start(): void {
    const { module, setup } = this.#options;
    // As text and import(): Deno's node:worker_threads takes no module behind http by itself.
    const program = `import(${JSON.stringify(module.href)})`;
    const worker = new Worker(program, { eval: true, workerData: setup });
    const member = { worker, ready: false, jobs: new Map(), lastError: "it exited" };
    worker.on("message", (answer: Answer<Result>) => this.#receive(member, answer));
    worker.on("error", (error: unknown) => member.lastError = messageOf(error));
    worker.on("exit", () => this.#replace(member));
    if (!this.#holds) worker.unref();
    this.#members.add(member);
  }

  #receive(member: Member<Task, Result>, answer: Answer<Result>): void {
    if (!this.#members.has(member)) return;
    if (answer.kind === "unable") {
      this.#giveUp(unpackError(answer.error));
      return;
    }
    if (answer.kind === "ready") member.ready = true;
    else {
      const job = member.jobs.get(answer.id)!;
      member.jobs.delete(answer.id);
      this.#running--;
      if (answer.kind === "done") job.resolve(answer.value);
      else job.reject(unpackError(answer.error));
    }
    this.#dispatch();
  }

  /** A worker has ended: its tasks go to the head of the queue, and another takes its place. */
  #replace(member: Member<Task, Result>): void {
    if (!this.#members.delete(member)) return;
    if (!member.ready) {
      this.#giveUp(
        new NoWorkerError(
          `Cannot start a worker from "${this.#options.module}": ${member.lastError}`,
        ),
      );
      return;
    }
    const jobs = [...member.jobs.values()];
    this.#running -= jobs.length;
    const suspect = jobs[0];
    if (suspect !== undefined && ++suspect.deaths >= MAX_DEATHS) {
      jobs.shift();
      suspect.reject(
        new Error(
          `Cannot work on ${suspect.name}: ${MAX_DEATHS} workers ended over it, the last as ` +
            member.lastError,
        ),
      );
    }
    this.#queue.unshift(...jobs);
    this.#start();
    this.#dispatch();
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const member = this.#leastBusy();
      if (member === null) break;
      const job = this.#queue.shift()!;
      const id = ++this.#lastId;
      member.jobs.set(id, job);
      this.#running++;
      const { value, transfer } = job.pack();
      member.worker.postMessage({ id, value }, transfer);
    }
    this.#hold();
  }

  #leastBusy(): Member<Task, Result> | null {
    let best: Member<Task, Result> | null = null;
    for (const member of this.#members) {
      if (!member.ready || member.jobs.size >= this.#options.depth) continue;
      if (best === null || member.jobs.size < best.jobs.size) best = member;
    }
    return best;
  }

  /** Keeps the process alive only while there is work. */
  #hold(): void {
    const isBusy = this.#running + this.#queue.length > 0;
    if (isBusy === this.#holds) return;
    this.#holds = isBusy;
    for (const { worker } of this.#members) isBusy ? worker.ref() : worker.unref();
  }

  async #giveUp(error: Error): Promise<void> {
    const members = [...this.#members];
    const jobs = [...members.flatMap((member) => [...member.jobs.values()]), ...this.#queue];
    this.#members.clear();
    this.#queue = [];
    this.#running = 0;
    for (const job of jobs) job.reject(error);
    await Promise.all(members.map(({ worker }) => worker.terminate()));
  }
}

/** Does one task. */
export type TaskHandler<Task, Result> = (task: Task) => Promise<Parcel<Result>>;

/**
 * The worker's side of a {@linkcode WorkerPool}: opens what its tasks need, then does them one after
 * another.
 *
 * @param open Gets the pool's `setup`.
 */
export function serveTasks<Setup, Task, Result>(
  open: (setup: Setup) => Promise<TaskHandler<Task, Result>>,
): void {
  const port = parentPort!;
  const send = (answer: Answer<Result>, transfer: ArrayBuffer[] = []): void =>
    port.postMessage(answer, transfer);
  const handler = open(workerData as Setup);
  let last: Promise<void> = Promise.resolve();
  // From here on the listener keeps the worker alive.
  port.on("message", ({ id, value }: { id: number; value: Task }) => {
    last = last.then(async () => {
      try {
        const result = await (await handler)(value);
        send({ kind: "done", id, value: result.value }, result.transfer);
      } catch (error) {
        send({ kind: "failed", id, error: packError(error) });
      }
    });
  });
  handler.then(
    () => send({ kind: "ready" }),
    (error) => send({ kind: "unable", error: packError(error) }),
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function packError(error: unknown): PackedError {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  return { name, message };
}

const CLASSES: Record<string, ErrorConstructor> = { SyntaxError, RangeError, TypeError };

function unpackError({ name, message }: PackedError): Error {
  return new (CLASSES[name] ?? Error)(message);
}
