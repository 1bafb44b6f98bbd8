// The kernel module. It has no data segment, heap or stack of its own: it runs on the memory of tfjs
// and touches only what the parameter blocks name.
//
// Main publishes a job, and every thread takes chunks from one atomic ticket (sequence << 32 |
// chunks left) until none is left. The control block also counts the chunks that are done, and holds the
// sequence, the word that idle workers sleep on. The sequence inside the ticket keeps a thread that
// woke up late from taking a chunk of one job with the parameters of another: a chunk that was taken
// pins its job until it is done.
import { runChunk } from "./dispatch";
import { Control } from "./jobs";

const SPINS: i32 = 20000;

/** Takes chunks until the ticket is empty. */
function share(ctrl: usize, scratch: usize): void {
  for (;;) {
    const ticket = atomic.load<i64>(ctrl + Control.ticket);
    const left = <i32>(ticket & 0xffffffff);
    if (left == 0) return;
    if (atomic.cmpxchg<i64>(ctrl + Control.ticket, ticket, ticket - 1) != ticket) continue;
    const chunk = load<i32>(ctrl + Control.chunks) - left;
    runChunk(load<i32>(ctrl + Control.job), load<usize>(ctrl + Control.params), chunk, scratch);
    finishChunk(ctrl);
  }
}

/** Counts a chunk that trapped as done, so that no thread waits for it; main reads the count. */
export function failChunk(ctrl: usize): void {
  atomic.add<i32>(ctrl + Control.failures, 1);
  finishChunk(ctrl);
}

/** Counts one chunk as done; the last one wakes the main thread. */
function finishChunk(ctrl: usize): void {
  if (atomic.add<i32>(ctrl + Control.done, 1) + 1 == load<i32>(ctrl + Control.chunks)) {
    atomic.notify(ctrl + Control.done, 1);
  }
}

/** Publishes a job. The previous one must be done. */
export function publish(ctrl: usize, job: i32, params: usize, chunks: i32): void {
  const sequence = atomic.load<i32>(ctrl + Control.sequence) + 1;
  store<i32>(ctrl + Control.job, job);
  store<usize>(ctrl + Control.params, params);
  store<i32>(ctrl + Control.chunks, chunks);
  atomic.store<i32>(ctrl + Control.done, 0);
  atomic.store<i64>(ctrl + Control.ticket, (<i64>sequence << 32) | <i64>chunks);
  atomic.store<i32>(ctrl + Control.sequence, sequence);
  atomic.notify(ctrl + Control.sequence, -1);
}

/** The main thread's share of the published job. */
export function assist(ctrl: usize, scratch: usize): void {
  share(ctrl, scratch);
}

/** Waits until every chunk is done; `sleep` = 0 where the engine forbids blocking here. */
export function join(ctrl: usize, sleep: i32): void {
  const chunks = load<i32>(ctrl + Control.chunks);
  let spins = 0;
  for (;;) {
    const done = atomic.load<i32>(ctrl + Control.done);
    if (done == chunks) return;
    if (++spins > SPINS && sleep) atomic.wait<i32>(ctrl + Control.done, done, 1000000);
  }
}

/** Makes the workers return from their loop. */
export function quit(ctrl: usize): void {
  atomic.store<i32>(ctrl + Control.quit, 1);
  atomic.add<i32>(ctrl + Control.sequence, 1);
  atomic.notify(ctrl + Control.sequence, -1);
}

/** All chunks on the calling thread, in order. */
export function runAll(job: i32, params: usize, chunks: i32, scratch: usize): void {
  for (let i = 0; i < chunks; i++) runChunk(job, params, i, scratch);
}

/** A worker's loop: work, spin a little, sleep until the sequence moves. */
export function workerLoop(ctrl: usize, scratchSlot: usize): void {
  while (!atomic.load<i32>(ctrl + Control.quit)) {
    const sequence = atomic.load<i32>(ctrl + Control.sequence);
    // The slot is read anew for each job: main may have given this thread a larger scratch.
    share(ctrl, load<usize>(scratchSlot));
    let spins = 0;
    while (atomic.load<i32>(ctrl + Control.sequence) == sequence && spins < SPINS) spins++;
    if (spins == SPINS) atomic.wait<i32>(ctrl + Control.sequence, sequence, -1);
  }
}
