import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { randomBytes } from "node:crypto";

const PROGRAMS = ["munged", "slurmctld", "slurmd", "sbatch", "scontrol"];

/** Why there can be no cluster here; `false` where there can. */
export const slurmSkip: string | false = reason();

function reason(): string | false {
  const missing = PROGRAMS.filter((name) => spawnSync("which", [name]).status !== 0);
  if (missing.length > 0) return `${missing.join(", ")} not installed (Debian: slurm-wlm munge)`;
  return process.getuid?.() === 0 ? false : "starting a cluster needs root";
}

/** Two nodes of Slurm on the loopback. */
export interface Cluster {
  /** Runs a client command, such as sbatch or squeue. */
  run(program: string, ...args: string[]): string;
  /** Processes of a node and of its jobs. */
  processesOf(node: string): number[];
  /** Kills a node and its jobs with -9. */
  killNode(node: string): void;
  startNode(node: string): void;
  /** What controller and nodes wrote. */
  logs(): Promise<string>;
}

/**
 * Starts a cluster of the nodes n1 and n2 for as long as `use` runs. Jobs of the partition urgent
 * take a node from those of the usual one, which get a SIGTERM.
 */
export async function withCluster<T>(use: (cluster: Cluster) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "segadv-slurm-"));
  await chmod(folder, 0o755);
  const started: ChildProcess[] = [];
  const nodes = new Map<string, ChildProcess>();
  const env = { ...process.env, SLURM_CONF: join(folder, "slurm.conf") };
  const start = (program: string, ...args: string[]): ChildProcess => {
    const child = spawn(program, args, { env, stdio: "ignore" });
    started.push(child);
    return child;
  };
  const startNode = (node: string): void => {
    nodes.set(node, start("slurmd", "-D", "-N", node));
  };
  const killNode = (node: string): void => {
    for (const pid of treeOf(nodes.get(node)!.pid!, { node, folder })) kill(pid);
  };
  const cluster: Cluster = {
    run: (program, ...args) => execFileSync(program, args, { env, encoding: "utf8" }),
    processesOf: (node) => treeOf(nodes.get(node)!.pid!, { node, folder }),
    killNode,
    startNode,
    logs: async () => {
      const names = ["ctl.log", "n1.log", "n2.log"];
      const texts = await Promise.all(
        names.map((name) => readFile(join(folder, name), "utf8").catch(() => "")),
      );
      return texts.map((text, i) => `— ${names[i]}\n${text.slice(-3000)}`).join("\n");
    },
  };
  try {
    await configure(folder);
    const socket = join(folder, "munge", "socket");
    start(
      "runuser",
      "-u",
      "munge",
      "--",
      "munged",
      "-F",
      `--key-file=${folder}/munge/key`,
      `--socket=${socket}`,
      `--pid-file=${folder}/munge/pid`,
      `--log-file=${folder}/munge/log`,
      `--seed-file=${folder}/munge/seed`,
    );
    await until(() => spawnSync("munge", ["-n", "-S", socket]).status === 0, 60);
    start("slurmctld", "-D");
    startNode("n1");
    startNode("n2");
    await until(() => /^2$/m.test(idle(cluster)), 120);
    return await use(cluster);
  } finally {
    for (const node of nodes.keys()) killNode(node);
    for (const child of started.toReversed()) kill(child.pid!, ...childrenOf(child.pid!));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Waits for a condition. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  seconds: number,
): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!await condition()) {
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function idle({ run }: Cluster): string {
  try {
    return run("sinfo", "-h", "-t", "idle", "-o", "%D");
  } catch {
    return ""; // the controller is not up yet
  }
}

async function configure(folder: string): Promise<void> {
  const munge = join(folder, "munge");
  await mkdir(munge);
  const [uid = 0, gid = 0] = ["-u", "-g"].map((flag) =>
    Number(execFileSync("id", [flag, "munge"], { encoding: "utf8" }))
  );
  await writeFile(join(munge, "key"), randomBytes(128), { mode: 0o400 });
  for (const path of [munge, join(munge, "key")]) await chown(path, uid, gid);
  const [controller, ...ports] = await freePorts(3);
  const lines = [
    "ClusterName=segadv",
    `SlurmctldHost=${hostname()}(127.0.0.1)`,
    `SlurmctldPort=${controller}`,
    "SlurmUser=root",
    "SlurmdUser=root",
    "AuthType=auth/munge",
    `AuthInfo=socket=${munge}/socket`,
    "CredType=cred/munge",
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool-%n`,
    `SlurmctldPidFile=${folder}/ctl.pid`,
    `SlurmdPidFile=${folder}/%n.pid`,
    `SlurmctldLogFile=${folder}/ctl.log`,
    `SlurmdLogFile=${folder}/%n.log`,
    "ProctrackType=proctrack/linuxproc",
    "TaskPlugin=task/none",
    "SelectType=select/cons_tres",
    "SelectTypeParameters=CR_Core",
    "SlurmdParameters=config_overrides",
    "SchedulerParameters=sched_interval=1,batch_sched_delay=0,bf_interval=1",
    "SlurmdTimeout=10",
    // How soon a node that comes back may say that it does not know a job any more
    "BatchStartTimeout=2",
    "KillWait=10",
    "ReturnToService=2",
    ...["n1", "n2"].map((node, i) =>
      `NodeName=${node} NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${ports[i]} CPUs=1`
    ),
    "PreemptType=preempt/partition_prio",
    "PreemptMode=REQUEUE",
    "PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP PriorityTier=1",
    "PartitionName=urgent Nodes=n1,n2 MaxTime=INFINITE State=UP PriorityTier=9 PreemptMode=OFF",
  ];
  await mkdir(join(folder, "state"));
  await writeFile(join(folder, "slurm.conf"), lines.join("\n") + "\n");
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () =>
      new Promise<ReturnType<typeof createServer>>((resolve) => {
        const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
      })),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Where a process belongs. Other test tasks may have clusters of the same nodes' names. */
interface Place {
  node: string;
  /** The folder of the cluster's slurm.conf. */
  folder: string;
}

/** slurmd, the steps it left to init, and all below them. */
function treeOf(slurmd: number, place: Place): number[] {
  const steps = processTable()
    .filter(({ command, pid }) => /slurmstepd/.test(command) && runsAt(pid, place))
    .map(({ pid }) => pid);
  return [...new Set([slurmd, ...steps].flatMap((pid) => [pid, ...childrenOf(pid)]))];
}

/** Whether a step's job has the environment of a node of the cluster. */
function runsAt(step: number, { node, folder }: Place): boolean {
  return childrenOf(step).some((job) => {
    const text = spawnSync("cat", [`/proc/${job}/environ`], { encoding: "utf8" }).stdout;
    const variables = text.split("\0");
    return variables.includes(`SLURMD_NODENAME=${node}`) &&
      variables.includes(`SLURM_CONF=${join(folder, "slurm.conf")}`);
  });
}

function childrenOf(pid: number): number[] {
  const table = processTable();
  const below = (parent: number): number[] =>
    table.filter((entry) => entry.parent === parent).flatMap((
      entry,
    ) => [entry.pid, ...below(entry.pid)]);
  return below(pid);
}

function processTable(): { pid: number; parent: number; command: string }[] {
  const text = execFileSync("ps", ["-eo", "pid=,ppid=,args="], { encoding: "utf8" });
  return text.trim().split("\n").map((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line)!;
    return { pid: Number(pid), parent: Number(parent), command: command! };
  });
}

function kill(...pids: number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it is gone already
    }
  }
}
