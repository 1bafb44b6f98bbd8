import { inspectModel } from "../lib/models/inspect_model.ts";
import { networks } from "../lib/models/networks/registry.ts";
console.log(networks.names.join(" "));
for (const n of ["segformer-b0", "segformer-b1", "fast-scnn"]) {
  for (const c of [21, 19, 11, 150]) {
    console.log(n, c, inspectModel({ name: n }, { classes: c, input: [64, 64] }).parameters);
  }
}
