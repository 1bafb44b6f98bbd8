import { presets } from "@segadv/segadv";
import {
  type Grid,
  PAIRS_FOR_FIVE_PERCENT,
  parseGrid,
  planSweep,
  type Setting,
  thesisGrids,
  writeSweep,
} from "@segadv/segadv/sweep";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Context, humanStream, warn } from "../context.ts";
import { UsageError } from "../errors.ts";
import { commandLine } from "../invocation.ts";
import { plural } from "../ui/format.ts";

/** Arguments and options of `sweep plan`. */
export interface SweepPlanArguments {
  /** Path of a grid. */
  grid?: string | undefined;
  thesis?: string | undefined;
  config?: string | undefined;
  preset?: string | undefined;
  data?: string | undefined;
  set?: readonly string[] | undefined;
  seeds?: number | undefined;
  out: string;
}

/** Writes the plan, and prints the command that runs it. */
export async function plan(args: SweepPlanArguments, context: Context): Promise<void> {
  const grid = override(await readGrid(args), args);
  const folder = args.grid === undefined ? "." : dirname(args.grid);
  const planned = await planSweep(grid, { folder });
  const done = await writeSweep(args.out, planned);
  const { conditions, seeds, trials } = planned.plan;
  const kept = done > 0 ? `, ${done} already finished` : "";
  humanStream(context, false).write(
    `planned ${plural(trials.length, "trial")} (${conditions.length} x ${
      plural(seeds.length, "seed")
    })${kept}; run them with\n  ${commandLine("sweep", "run", args.out)}\n`,
  );
  if (grid.baseline !== null && seeds.length < PAIRS_FOR_FIVE_PERCENT) {
    warn(
      context,
      `with ${plural(seeds.length, "seed")} no exact test can reach 5 %, however large a ` +
        `difference; ${PAIRS_FOR_FIVE_PERCENT} can`,
    );
  }
}

async function readGrid({ grid, thesis }: SweepPlanArguments): Promise<Grid> {
  if ((grid === undefined) === (thesis === undefined)) {
    throw new UsageError("Give either a grid.yaml or --thesis TABLE: see sweep presets");
  }
  if (thesis !== undefined) return thesisGrids.get(thesis)!.grid;
  const text = await readFile(grid!, "utf8").catch(() => {
    throw new UsageError(`There is no grid ${grid}`);
  });
  return parseGrid(text, grid!);
}

/** The grid with the values that the command line gives in place of its own. */
function override(grid: Grid, args: SweepPlanArguments): Grid {
  const { config, preset, data, seeds, set = [] } = args;
  if (preset !== undefined && !presets.has(preset)) {
    throw new UsageError(
      `There is no preset ${preset}: known are ${[...presets.keys()].join(", ")}`,
    );
  }
  const given = [...set, ...(data === undefined ? [] : [`data.dir=${JSON.stringify(data)}`])];
  const base = config === undefined && preset === undefined
    ? { preset: grid.preset, config: grid.config }
    : { preset: preset ?? null, config: config === undefined ? null : resolve(config) };
  const isOwn = base.preset !== grid.preset || base.config !== grid.config;
  // Published numbers belong to the published networks and data
  const unpublish = <T extends { published?: unknown }>({ published, ...rest }: T) => (
    isOwn || published === undefined ? rest : { ...rest, published }
  );
  return {
    ...grid,
    ...base,
    trials: grid.trials.map(unpublish) as Grid["trials"],
    baseline: grid.baseline === null ? null : unpublish(grid.baseline) as Grid["baseline"],
    set: [...grid.set, ...given.map(settingOf)],
    seeds: seeds === undefined ? grid.seeds : Array.from({ length: seeds }, (_, i) => i + 1),
  };
}

function settingOf(text: string): Setting {
  const equals = text.indexOf("=");
  if (equals < 1) throw new UsageError(`Expected key=value after --set, got "${text}"`);
  return {
    key: text.slice(0, equals).trim(),
    value: parseValue(text.slice(equals + 1)),
    where: null,
  };
}

/** A number, list, true, false or null as in JSON; any other text as it stands. */
function parseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}
