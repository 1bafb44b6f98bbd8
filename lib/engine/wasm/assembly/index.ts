// Exports of the kernel module. It has no data segment, heap or stack of its own: it runs on the
// memory of TensorFlow.js and touches only what the parameter blocks name.
export { assist, failChunk, join, publish, quit, runAll, workerLoop } from "./job";
