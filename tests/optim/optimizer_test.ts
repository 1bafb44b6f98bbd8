import assert from "node:assert/strict";
import { test } from "node:test";
import { optimizers } from "../../lib/optim/optimizer_config.ts";

test("lambda() is the weight decay of the loss: none where it is decoupled, or absent", () => {
  const lambda = (name: string, options?: object) => optimizers.get(name).lambda(options);
  assert.equal(lambda("sgd", { weightDecay: 5e-4 }), 5e-4);
  assert.equal(lambda("sgd"), 0);
  assert.equal(lambda("sgd", { weightDecay: 5e-4, decoupled: true }), 0);
  assert.equal(lambda("adamw", { weightDecay: 0.01 }), 0);
  assert.equal(lambda("adam"), 0);
});
