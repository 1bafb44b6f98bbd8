import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatSweepTable } from "../../lib/sweep/format_sweep_table.ts";
import { planSweep } from "../../lib/sweep/plan_sweep.ts";
import { sweepTable } from "../../lib/sweep/sweep_table.ts";
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
      assert.equal(plan.conditions.filter(({ isBaseline }) => isBaseline).length, 1, name);
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

  test("thesisGrids hold numbers that give the gains that the thesis reports over the best λ", async () => {
    const gains = await Promise.all(STUDIES.map(async (study) => {
      const { plan } = await planned(`all-${study}`);
      const mIoU = (name: string) =>
        plan.conditions.find((condition) => condition.name === name)!.published!.mIoU;
      const best = Math.max(...["0", "1e-4", "2e-4", "5e-4"].map((l) => mIoU(`λ = ${l}`)));
      return Number((mIoU("T_g = 0.5") - best).toFixed(2));
    }));
    assert.deepEqual(gains, [0.56, 0.39, 0.57, 0.4]);
  });

  test("thesisGrids hold every published number: their sums by column, as added up apart", () => {
    // pAcc and mIoU of Tables 4-2 to 4-7 over the four studies, in hundredths
    const sums: Record<string, [number, number]> = {
      "λ = 0": [37025, 25683],
      "λ = 1e-4": [37009, 25641],
      "λ = 2e-4": [37042, 25697],
      "λ = 5e-4": [37015, 25595],
      "Adversarial": [37066, 25882],
      "T_d = 0.5": [37040, 25767],
      "T_d = 2": [37065, 25900],
      "T_g = 0.5": [37116, 26053],
      "T_g = 2": [37022, 25828],
    };
    for (const [row, expected] of Object.entries(sums)) {
      const found = [0, 0];
      for (const study of STUDIES) {
        const { baseline, trials } = thesisGrids.get(`all-${study}`)!.grid;
        const { pAcc, mIoU } = [baseline!, ...trials].find(({ name }) => name === row)!.published!;
        found[0]! += Math.round(pAcc * 100);
        found[1]! += Math.round(mIoU * 100);
      }
      assert.deepEqual(found, expected, row);
    }
  });

  test("thesisGrids show Table 4-8 beside the published parameters and minutes", async () => {
    const { plan } = await planned("table-4-8-resnet50-voc");
    const text = formatSweepTable(sweepTable(plan, new Map()), "md");
    assert.match(text, /\| without D \| – \| – \| – \| 23\.6M, none, 2\.6 min \|/);
    assert.match(text, /\| with D \| – \| – \| – \| 23\.6M, 2\.79M, 4\.1 min \|/);
  });

  test("thesisGrids sets λ, discriminator and temperatures of each row", async () => {
    const { plan, configs } = await planned("all-resnet50-cityscapes");
    const of = (name: string) => {
      const { id } = plan.conditions.find((condition) => condition.name === name)!;
      const { optimizer: { weightDecay }, adversarial: { enabled, tg, td } } = configs[
        plan.trials.find(({ condition }) => condition === id)!.index
      ]!;
      return enabled ? [weightDecay, tg, td] : [weightDecay];
    };
    assert.deepEqual(of("λ = 1e-4"), [1e-4]);
    assert.deepEqual(of("Adversarial"), [5e-4, 1, 1]);
    assert.deepEqual(of("T_d = 2"), [5e-4, 1, 2]);
    assert.deepEqual(of("T_g = 0.5"), [5e-4, 0.5, 1]);
  });

  test("thesisGrids of one study share their runs", async () => {
    const ids = async (name: string) => (await planned(name)).plan.trials.map(({ id }) => id);
    const all = new Set(await ids("all-fcn8s-voc"));
    for (const table of ["4-2", "4-3", "4-4", "4-9"]) {
      for (const id of await ids(`table-${table}-fcn8s-voc`)) assert.ok(all.has(id), table);
    }
  });
});
