// Jobs: main publishes one, every thread takes chunks from one atomic ticket until none is left.
//
// Control block: +0 ticket i64 (sequence << 32 | chunks left), +64 chunks done, +128 sequence (the
// word idle workers sleep on), +192 kind, +196 parameters, +200 chunks, +204 failures (traps), +208 quit.
// The sequence inside the ticket keeps a thread that woke up late from taking a chunk of one job
// with the parameters of another: a chunk that was taken pins its job until it is done.
import { runChunk } from "./dispatch";

const DONE: usize = 64;
const SEQUENCE: usize = 128;
const KIND: usize = 192;
const PARAMS: usize = 196;
const CHUNKS: usize = 200;
const FAILURES: usize = 204;
const QUIT: usize = 208;
const SPINS: i32 = 20000;

/** Takes chunks until the ticket is empty. */
function share(ctrl: usize, scratch: usize): void {
  for (;;) {
    const ticket = atomic.load<i64>(ctrl);
    const left = <i32>(ticket & 0xffffffff);
    if (left == 0) return;
    if (atomic.cmpxchg<i64>(ctrl, ticket, ticket - 1) != ticket) continue;
    const chunks = load<i32>(ctrl + CHUNKS);
    runChunk(load<i32>(ctrl + KIND), load<usize>(ctrl + PARAMS), chunks - left, scratch);
    finishChunk(ctrl);
  }
}

/** Counts a chunk that trapped as done, so that nobody waits for it; main looks at the count. */
export function failChunk(ctrl: usize): void {
  atomic.add<i32>(ctrl + FAILURES, 1);
  finishChunk(ctrl);
}

/** Counts one chunk as done; the last one wakes the main thread. */
function finishChunk(ctrl: usize): void {
  if (atomic.add<i32>(ctrl + DONE, 1) + 1 == load<i32>(ctrl + CHUNKS)) {
    atomic.notify(ctrl + DONE, 1);
  }
}

/** Publishes a job. The previous one must be done. */
export function publish(ctrl: usize, kind: i32, params: usize, chunks: i32): void {
  const sequence = atomic.load<i32>(ctrl + SEQUENCE) + 1;
  store<i32>(ctrl + KIND, kind);
  store<usize>(ctrl + PARAMS, params);
  store<i32>(ctrl + CHUNKS, chunks);
  atomic.store<i32>(ctrl + DONE, 0);
  atomic.store<i64>(ctrl, (<i64>sequence << 32) | <i64>chunks);
  atomic.store<i32>(ctrl + SEQUENCE, sequence);
  atomic.notify(ctrl + SEQUENCE, -1);
}

/** The main thread's share of the published job. */
export function assist(ctrl: usize, scratch: usize): void {
  share(ctrl, scratch);
}

/** Waits until every chunk is done; `sleep` = 0 where the engine forbids blocking here. */
export function join(ctrl: usize, sleep: i32): void {
  const chunks = load<i32>(ctrl + CHUNKS);
  let spins = 0;
  for (;;) {
    const done = atomic.load<i32>(ctrl + DONE);
    if (done == chunks) return;
    if (++spins > SPINS && sleep) atomic.wait<i32>(ctrl + DONE, done, 1000000);
  }
}

/** Makes the workers return from their loop. */
export function quit(ctrl: usize): void {
  atomic.store<i32>(ctrl + QUIT, 1);
  atomic.add<i32>(ctrl + SEQUENCE, 1);
  atomic.notify(ctrl + SEQUENCE, -1);
}

/** All chunks on the calling thread, in order. */
export function runAll(kind: i32, params: usize, chunks: i32, scratch: usize): void {
  for (let i = 0; i < chunks; i++) runChunk(kind, params, i, scratch);
}

/** A worker's life: work, spin a little, sleep until the sequence moves. */
export function workerLoop(ctrl: usize, scratchSlot: usize): void {
  while (!atomic.load<i32>(ctrl + QUIT)) {
    const sequence = atomic.load<i32>(ctrl + SEQUENCE);
    // The slot is read anew for each job: main may have given this thread a larger scratch.
    share(ctrl, load<usize>(scratchSlot));
    let spins = 0;
    while (atomic.load<i32>(ctrl + SEQUENCE) == sequence && spins < SPINS) spins++;
    if (spins == SPINS) atomic.wait<i32>(ctrl + SEQUENCE, sequence, -1);
  }
}
