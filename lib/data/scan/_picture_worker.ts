/** The program of a worker thread: takes facts of pictures. */
import { serveTasks } from "../../util/worker_pool.ts";
import { type PictureFacts, pictureFacts } from "../pictures/picture_facts.ts";

serveTasks<null, string, PictureFacts>(() =>
  Promise.resolve(async (file) => ({ value: await pictureFacts(file), transfer: [] }))
);
