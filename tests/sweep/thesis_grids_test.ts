import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { planSweep } from "../../lib/sweep/plan_sweep.ts";
import { thesisGrids } from "../../lib/sweep/thesis_grids.ts";

const STUDIES = ["fcn8s-voc", "fcn8s-cityscapes", "resnet50-voc", "resnet50-cityscapes"];

/** Gives the data folder that the readers of the thesis' data sets ask for. */
function planned(name: string) {
  const { grid } = thesisGrids.get(name)!;
  const set = [...grid.set, { key: "data.dir", value: "/data", where: null }];
  return planSweep({ ...grid, set });
}

describe("thesisGrids", () => {
  test("thesisGrids can all be planned, and no two rows of one mean the same", async () => {
    for (const name of thesisGrids.keys()) {
      const { plan } = await planned(name);
      assert.equal(plan.arms.filter(({ isBaseline }) => isBaseline).length, 1, name);
    }
  });

  test("thesisGrids has every table of every study", () => {
    for (const study of STUDIES) {
      const own = study.startsWith("fcn") ? ["4-2", "4-3", "4-4"] : ["4-5", "4-6", "4-7"];
      for (const table of [...own, "4-8", "4-9"]) {
        assert.ok(thesisGrids.has(`table-${table}-${study}`));
      }
      for (const pool of ["alpha", "lr", "lr-d"]) {
        assert.ok(thesisGrids.has(`pool-${pool}-${study}`));
      }
    }
  });

  test("thesisGrids' numbers give the gains that the thesis reports over the best λ", async () => {
    const gains = await Promise.all(STUDIES.map(async (study) => {
      const { plan } = await planned(`all-${study}`);
      const mIoU = (name: string) => plan.arms.find((arm) => arm.name === name)!.published!.mIoU;
      const best = Math.max(...["0", "1e-4", "2e-4", "5e-4"].map((l) => mIoU(`λ = ${l}`)));
      return Number((mIoU("T_g = 0.5") - best).toFixed(2));
    }));
    assert.deepEqual(gains, [0.56, 0.39, 0.57, 0.4]);
  });

  test("thesisGrids sets λ, mode and temperatures of each row", async () => {
    const { plan, configs } = await planned("all-resnet50-cityscapes");
    const of = (name: string) => {
      const { id } = plan.arms.find((arm) => arm.name === name)!;
      const { generator: { l2 }, adversarial: { mode, tg, td } } = configs[
        plan.trials.find(({ arm }) => arm === id)!.index
      ]!;
      return [l2, mode, tg, td];
    };
    assert.deepEqual(of("λ = 1e-4"), [1e-4, "baseline", 1, 1]);
    assert.deepEqual(of("Adversarial"), [5e-4, "adversarial", 1, 1]);
    assert.deepEqual(of("T_d = 2"), [5e-4, "temperature", 1, 2]);
    assert.deepEqual(of("T_g = 0.5"), [5e-4, "temperature", 0.5, 1]);
  });

  test("thesisGrids of one study share their runs", async () => {
    const ids = async (name: string) => (await planned(name)).plan.trials.map(({ id }) => id);
    const all = new Set(await ids("all-fcn8s-voc"));
    for (const table of ["4-2", "4-3", "4-4", "4-9"]) {
      for (const id of await ids(`table-${table}-fcn8s-voc`)) assert.ok(all.has(id), table);
    }
  });
});
