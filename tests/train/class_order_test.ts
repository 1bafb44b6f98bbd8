/** Runs, networks and data sets that list the same classes in different orders. */
import assert from "node:assert/strict";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { decodePng } from "../../lib/data/codecs/png_decode.ts";
import { encodePng } from "../../lib/data/codecs/png_encode.ts";
import { openDataset } from "../../lib/data/registry.ts";
import { analyseRun } from "../../lib/report/analyse_run.ts";
import { loadModel } from "../../lib/train/run/load_model.ts";
import { train } from "../../lib/train/run/train.ts";
import { resumeTraining } from "../../lib/train/run/resume.ts";
import type { TrainEvent } from "../../lib/train/events.ts";
import { runHere } from "../support/cli_terminal.ts";
import { config } from "../support/config.ts";
import { temporaryFolders } from "../support/temporary_folder.ts";

const temporaryFolder = temporaryFolders();

/** Writes the embedded pictures as a folder; `order` gives each class its index there. */
async function writeData(folder: string, order: readonly number[]): Promise<string> {
  for (const split of ["train", "val"]) {
    const dataset = await openDataset("fixtures", { split });
    const [images, labels] = [join(folder, split, "images"), join(folder, split, "labels")];
    for (const path of [images, labels]) await mkdir(path, { recursive: true });
    const classes: { name: string; color: number[] }[] = [];
    for (const [i, info] of dataset.classes.entries()) classes[order[i]!] = info;
    await writeFile(join(folder, "classes.json"), JSON.stringify({ classes, ignore: 255 }));
    for (const [i, id] of dataset.ids.entries()) {
      const { image, label } = await dataset.read(i);
      await writeFile(join(images, `${id}.png`), encodePng({ ...image, channels: 3 }));
      const data = label.data.map((value) => order[value] ?? value);
      await writeFile(join(labels, `${id}.png`), encodePng({ ...label, data, channels: 1 }));
    }
  }
  return folder;
}

/** The same pictures, and the file of classes with another name. */
async function writeOtherData(folder: string): Promise<string> {
  await writeData(folder, STRAIGHT);
  const file = join(folder, "classes.json");
  await writeFile(file, (await readFile(file, "utf8")).replace("disc", "ball"));
  return folder;
}

const STRAIGHT = [0, 1, 2, 3, 4];
const TURNED = [3, 0, 4, 1, 2];

const SHORT = ["data.dataset=folder", "data.batch=8", "optimizer.lr=0.05", "validation.every=1"];

function listen(): {
  events: TrainEvent[];
  onEvent(event: TrainEvent): void;
  warnings(): string[];
} {
  const events: TrainEvent[] = [];
  return {
    events,
    onEvent: (event) => void events.push(event),
    warnings: () => events.flatMap((event) => event.type === "warning" ? [event.message] : []),
  };
}

describe("Classes in another order", () => {
  let [folder, dir, turned, other, run, hash] = ["", "", "", "", "", ""];
  let names: string[] = [];
  before(async () => {
    folder = temporaryFolder();
    dir = await writeData(join(folder, "straight"), STRAIGHT);
    turned = await writeData(join(folder, "turned"), TURNED);
    other = await writeOtherData(join(folder, "other"));
    run = join(folder, "run");
    const wanted = [...SHORT, `data.dir=${dir}`, "train.epochs=2", "schedule.warmupEpochs=0"];
    hash = (await train(await config(...wanted), { out: run })).weightsSha256;
    const dataset = await openDataset("folder", { dir, split: "val" });
    names = dataset.classes.map(({ name }) => name);
  });

  test("segadv eval scores a run on the same classes in another order as on its own", async () => {
    const scores: unknown[] = [];
    for (const data of [dir, turned]) {
      const { code, out, err } = await runHere(
        ...["eval", run, "--backend", "wasm", "--data", data, "--dataset", "folder", "--json"],
      );
      assert.equal(code, 0, err);
      scores.push(JSON.parse(out));
      if (data === turned) {
        assert.match(err, /warning: data set "folder" lists its classes in another order/);
      }
    }
    assert.deepEqual(scores[1], scores[0]);
    const refused = await runHere(
      ...["eval", run, "--backend", "wasm", "--data", other, "--dataset", "folder"],
    );
    assert.equal(refused.code, 1);
    assert.match(
      refused.err,
      /data set "folder" has the classes background, ball, .*the network .* has background, disc, /,
    );
  });

  test("train() starts from a run in its class order, and refuses other classes", async () => {
    const init = ["train.epochs=1", "schedule.warmupEpochs=0", `model.init=${run}`];
    const results: string[] = [];
    for (const data of [dir, turned]) {
      const { onEvent, warnings, events } = listen();
      const out = join(folder, `tuned-${results.length}`);
      const wanted = await config(...SHORT, ...init, `data.dir=${data}`);
      results.push((await train(wanted, { out, onEvent })).weightsSha256);
      const said = warnings().some((message) => message.includes("in another order"));
      assert.equal(said, data === turned);
      const [start] = events;
      assert.ok(start?.type === "start");
      assert.deepEqual(start.classes, names);
      const { classes, model } = await loadModel(out);
      assert.deepEqual(classes.map((one) => one.name), names);
      model.layers.dispose();
    }
    assert.equal(results[1], results[0], "the same pictures, classes and weights");
    const strict = await config(...SHORT, ...init, `data.dir=${other}`);
    await assert.rejects(train(strict), {
      name: "ClassMismatchError",
      message:
        /trained on the classes background, disc, .*data set has background, ball, .*initStrict/,
    });
    const { onEvent, warnings } = listen();
    await train({ ...strict, model: { ...strict.model, initStrict: false } }, { onEvent });
    assert.ok(
      warnings().some((message) => /trained on other classes .*head .* afresh/.test(message)),
    );
  });

  test("resumeTraining() keeps the run's class order where the data lists another", async () => {
    const half = join(folder, "half");
    const short = ["train.epochs=2", "schedule.warmupEpochs=0"];
    await train(await config(...SHORT, ...short, "train.maxSteps=4", `data.dir=${dir}`), {
      out: half,
    });
    const { onEvent, warnings } = listen();
    const overrides = ["train.maxSteps=null", `data.dir=${turned}`];
    const { weightsSha256 } = await resumeTraining(half, {
      overrides,
      onEvent,
      allowDifferent: true,
    });
    assert.ok(warnings().some((message) => message.includes("in another order")));
    assert.equal(weightsSha256, hash);
    const again = join(folder, "again");
    await train(await config(...SHORT, ...short, "train.maxSteps=4", `data.dir=${dir}`), {
      out: again,
    });
    await assert.rejects(
      resumeTraining(again, { overrides: ["train.maxSteps=null", `data.dir=${other}`] }),
      /classes.*disc.*became.*ball/,
    );
  });

  test("analyseRun() analyses in the network's order, and refuses other classes", async () => {
    const before = await analyseRun(run, { images: 4 });
    const copies = { turned: join(folder, "seen-turned"), other: join(folder, "seen-other") };
    for (const [name, data] of [["turned", turned], ["other", other]] as const) {
      await mkdir(join(copies[name], "best"), { recursive: true });
      for (const file of await readdir(join(run, "best"))) {
        await copyFile(join(run, "best", file), join(copies[name], "best", file));
      }
      const yaml = await readFile(join(run, "config.yaml"), "utf8");
      await writeFile(join(copies[name], "config.yaml"), yaml.replaceAll(dir, data));
    }
    const notices: string[] = [];
    const onNotice = (notice: string) => void notices.push(notice);
    const after = await analyseRun(copies.turned, { images: 4, onNotice });
    assert.equal(notices.length, 1);
    assert.deepEqual(after.confusion, before.confusion);
    assert.deepEqual(after.calibration, before.calibration);
    assert.deepEqual(after.classes.map((one) => one.name), names);
    await assert.rejects(analyseRun(copies.other), { name: "ClassMismatchError" });
  });

  test("segadv predict writes the classes of its network, whatever the data", async () => {
    const out = join(folder, "maps");
    const image = join(turned, "val/images", (await readdir(join(turned, "val/images")))[0]!);
    const { code, err } = await runHere(
      ...["predict", run, image, "--out", out, "--backend", "wasm"],
    );
    assert.equal(code, 0, err);
    const [file] = await readdir(out);
    const png = decodePng(await readFile(join(out, file!)), { file: file! });
    const { classes } = await openDataset("folder", { dir, split: "val" });
    assert.deepEqual([...png.palette!], classes.flatMap(({ color }) => color));
  });
});
