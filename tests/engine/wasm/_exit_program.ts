// Run by register_test.ts in a process of its own: starts the engine and leaves in some way.
import * as tf from "@tensorflow/tfjs";
import process from "node:process";
import { disposeWasmBackend, registerWasmBackend } from "../../../lib/engine/wasm/mod.ts";

await registerWasmBackend({ threads: 3 });
await tf.setBackend("wasm");
const x = tf.ones<tf.Rank.R4>([2, 64, 64, 32]);
const y = tf.conv2d(x, tf.ones<tf.Rank.R4>([3, 3, 32, 32]), 1, "same");
console.log(`sum ${(await tf.sum(y).data())[0]}`);
if (process.argv[2] === "throw") throw new Error("on purpose");
if (process.argv[2] === "dispose") await disposeWasmBackend();
if (process.argv[2] === "exit") process.exit(3);
if (process.argv[2] === "wait") setInterval(() => {}, 1000);
