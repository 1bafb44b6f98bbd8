/**
 * `segadv sweep`: many runs as one experiment.
 *
 * @module
 */
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { SweepPlanArguments } from "../actions/sweep_plan.ts";
import { catalog } from "../catalog.ts";
import type { Context } from "../context.ts";
import { append, nameOption, wholeOption } from "../options.ts";

/** Adds the command and its subcommands to the program. */
export function build(program: CommandUnknownOpts, context: Context): void {
  const sweep = program.command("sweep").description(
    "Many runs as one experiment: trials over seeds, compared pair by pair.",
  );
  sweep.command("plan")
    .description("Turn a grid, or a table of the thesis, into numbered trials.")
    .argument("[grid.yaml]", "axes, trials, seeds and baseline")
    .addOption(nameOption("--thesis <table>", {
      about: "a table of the thesis in place of a grid; see sweep presets",
      names: catalog.thesisGrids,
    }))
    .option("--config <file>", "configuration to start from, in place of the table's preset")
    .option("--preset <name>", "preset to start from, in place of the table's")
    .option("--data <dir>", "folder of the data set")
    .option("--set <key=value>", "one value common to all trials; may be repeated", append)
    .addOption(wholeOption("--seeds <n>", { about: "seeds 1 to n", min: 1 }))
    .requiredOption("-o, --out <dir>", "folder of the sweep; trials it already ran are kept")
    .action(async (grid, options) => {
      const { plan } = await import("../actions/sweep_plan.ts");
      await plan({ grid, ...options } as SweepPlanArguments, context);
    });
  sweep.command("presets")
    .description("List the tables of the thesis that can be planned.")
    .action(async () => {
      const { printPresets } = await import("../actions/sweep.ts");
      printPresets(context);
    });
  sweep.command("run")
    .description("Run what is unfinished; safe to repeat, and to start on many machines at once.")
    .argument("<dir>", "folder of the sweep")
    .addOption(wholeOption("--index <i>", {
      about: "run this trial only (default: SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX)",
      min: 0,
    }))
    .addOption(wholeOption("--jobs <n>", { about: "trials at a time", min: 1 }))
    .addOption(wholeOption("--threads <n>", { about: "threads of one trial", min: 1 }))
    .action(async (folder, options) => {
      const { runSweep } = await import("../actions/sweep_run.ts");
      await runSweep({ folder, ...options }, context);
    });
  sweep.command("status")
    .description("Say where every trial stands.")
    .argument("<dir>", "folder of the sweep")
    .option("--json", "print it as one line of JSON")
    .action(async (folder, { json }) => {
      const { status } = await import("../actions/sweep.ts");
      await status({ folder, json }, context);
    });
  sweep.command("table")
    .description("Compare what has finished: mean, spread, paired difference, exact tests.")
    .argument("<dir...>", "folders of sweeps, one table each")
    .addOption(
      nameOption("--format <name>", { about: "how to write it", names: catalog.tableFormats }),
    )
    .option("--against <trial>", "compare with this trial in place of the baseline")
    .option("--cost", "parameters and time per epoch, as in Table 4-8, in place of scores")
    .action(async (folders, options) => {
      const { printTable } = await import("../actions/sweep.ts");
      await printTable({ folders, ...options }, context);
    });
  sweep.command("slurm")
    .description("Write the scripts that run the sweep as a Slurm array.")
    .argument("<dir>", "folder of the sweep, seen by all nodes")
    .option("--partition <name>", "partition to queue in")
    .option("--time <limit>", "time limit of one trial, such as 04:00:00")
    .option("--gres <list>", "generic resources of one trial, such as gpu:1")
    .addOption(wholeOption("--parallel <n>", { about: "trials at a time", min: 1 }))
    .addOption(wholeOption("--cpus <n>", { about: "cores of one trial", min: 1 }))
    .action(async (folder, options) => {
      const { slurm } = await import("../actions/sweep.ts");
      await slurm({ folder, ...options }, context);
    });
  sweep.command("kubernetes")
    .description("Print an Indexed Job that runs the sweep.")
    .argument("<dir>", "folder of the sweep")
    .requiredOption("--image <name>", "container image with Deno")
    .requiredOption("--claim <name>", "volume claim with the sweep's folder at its root")
    .addOption(wholeOption("--parallel <n>", { about: "trials at a time", min: 1 }))
    .addOption(wholeOption("--gpus <n>", { about: "GPUs of one trial", min: 0 }))
    .action(async (folder, options) => {
      const { kubernetes } = await import("../actions/sweep.ts");
      await kubernetes({ folder, ...options }, context);
    });
}
