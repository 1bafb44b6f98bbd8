/** The program of a loading thread: decodes and augments samples. */
import { serveTasks } from "../../util/worker_pool.ts";
import type { Sample } from "../dataset.ts";
import { openLocation, requireSample } from "./open_location.ts";
import { prepareSample } from "../transforms/prepare_sample.ts";
import type { SampleResult, SampleSetup, SampleTask } from "./sample_task.ts";

serveTasks<SampleSetup, SampleTask, SampleResult>(async ({ origin, config, seed }) => {
  const dataset = await openLocation(origin);
  return async ({ index, id, epoch, buffer, sample: kept, keepBytes }) => {
    requireSample(dataset, index, { id });
    const sample = kept ?? await dataset.read(index);
    const pixels = config.crop[0] * config.crop[1];
    const image = new Uint8Array(buffer, 0, pixels * 3);
    const label = new Uint8Array(buffer, pixels * 3);
    const valid = prepareSample(sample, { dataset, config, seed, epoch, index, image, label });
    const bytes = sample.image.data.length + sample.label.data.length;
    const shared = kept === null && bytes <= keepBytes ? share(sample) : null;
    return { value: { buffer, valid, sample: shared }, transfer: [buffer] };
  };
});

/** A copy in memory that all threads see. */
function share({ id, image, label }: Sample): Sample {
  const copy = (data: Uint8Array): Uint8Array => {
    const shared = new Uint8Array(new SharedArrayBuffer(data.length));
    shared.set(data);
    return shared;
  };
  return {
    id,
    image: { ...image, data: copy(image.data) },
    label: { ...label, data: copy(label.data) },
  };
}
