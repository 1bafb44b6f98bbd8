/**
 * The studio's page: a picture goes to the worker, and what comes back is drawn over it.
 *
 * @module
 */
import type { Answer, Opened, Predicted, Request } from "./messages.ts";
import { paint } from "./paint.ts";

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
let network: Opened | null = null;
let shown: Predicted | null = null;
const hidden = new Set<number>();
let lastId = 0;

function ask(request: Request): void {
  element("error").textContent = "";
  worker.postMessage(request);
}

function fail(message: string): void {
  element("state").textContent = "";
  element("error").textContent = message;
}

worker.onmessage = ({ data }: MessageEvent<Answer>) => {
  if (data.kind === "failed") fail(data.message);
  else if (data.kind === "opened") begin(data);
  else if (data.id === lastId) show(data);
};
worker.onerror = (event) => fail(`The worker ended: ${event.message || "it cannot be loaded"}`);

function begin(opened: Opened): void {
  network = opened;
  shown = null;
  hidden.clear();
  element("result").hidden = element("controls").hidden = true;
  element("state").textContent = "";
  const { name, classes, device, oneThread } = opened;
  const line = [`${name}, ${classes.length} classes`, device, oneThread].filter(Boolean).join("; ");
  element("network").textContent = line;
}

function show(predicted: Predicted): void {
  shown = predicted;
  const { width, height, milliseconds, png } = predicted;
  element("state").textContent = `${predicted.name}: ${width} × ${height} in ${
    Math.round(milliseconds)
  } ms`;
  element("result").hidden = element("controls").hidden = false;
  const save = element<HTMLAnchorElement>("save");
  URL.revokeObjectURL(save.href);
  save.href = URL.createObjectURL(new Blob([png], { type: "image/png" }));
  listClasses();
  draw();
}

/** One line a class, the largest first: a check box, its colour, its name and its share. */
function listClasses(): void {
  const counts = new Uint32Array(network!.classes.length);
  for (const label of shown!.labels) counts[label]!++;
  const order = [...counts.keys()].sort((a, b) => counts[b]! - counts[a]!);
  element("classes").replaceChildren(...order.map((index) => {
    const { name, color } = network!.classes[index]!;
    const [item, label, swatch] = ["li", "label", "i"].map((tag) => document.createElement(tag));
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = !hidden.has(index);
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(index);
      else hidden.add(index);
      draw();
    });
    swatch!.style.background = `rgb(${color.join(" ")})`;
    const [title, share] = ["span", "span"].map((tag) => document.createElement(tag));
    title!.textContent = name;
    share!.textContent = `${(100 * counts[index]! / shown!.labels.length).toFixed(1)} %`;
    label!.append(box, swatch!, title!, share!);
    item!.append(label!);
    return item!;
  }));
}

function draw(): void {
  if (shown === null || network === null) return;
  const { width, height, confidence } = shown;
  const canvas = element<HTMLCanvasElement>("view");
  canvas.width = width;
  canvas.height = height;
  const pixels = paint(shown, {
    colors: network.classes.map(({ color }) => color),
    hidden,
    opacity: Number(element<HTMLInputElement>("opacity").value) / 100,
    isConfidence: element<HTMLInputElement>("confidence").checked,
  });
  canvas.getContext("2d")!.putImageData(new ImageData(pixels, width, height), 0, 0);
  const mean = confidence.reduce((sum, value) => sum + value, 0) / confidence.length / 255;
  element("figures").textContent = `mean probability of the predicted class: ${mean.toFixed(3)}`;
}

function predict(content: Blob, name: string): void {
  element("state").textContent = `Predicting ${name}…`;
  ask({ kind: "predict", id: ++lastId, name, content });
}

function openFolder(files: { path: string; content: Blob }[]): void {
  element("network").textContent = "Opening the network…";
  ask({ kind: "open", files });
}

function filesOf(list: FileList | null): { path: string; content: File }[] {
  return [...list ?? []].map((content) => (
    { path: content.webkitRelativePath || content.name, content }
  ));
}

element<HTMLInputElement>("picture").addEventListener("change", ({ target }) => {
  const [file] = (target as HTMLInputElement).files ?? [];
  if (file !== undefined) predict(file, file.name);
});
element<HTMLInputElement>("model").addEventListener("change", ({ target }) => {
  openFolder(filesOf((target as HTMLInputElement).files));
});
for (const id of ["opacity", "confidence"]) element(id).addEventListener("input", draw);

addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("over");
});
addEventListener("dragleave", () => document.body.classList.remove("over"));
addEventListener("drop", async (event) => {
  event.preventDefault();
  document.body.classList.remove("over");
  const entries = [...event.dataTransfer?.items ?? []].map((item) => item.webkitGetAsEntry());
  const [file] = event.dataTransfer?.files ?? [];
  const folder = entries.find((entry) => entry?.isDirectory);
  if (folder != null) openFolder(await filesBelow(folder as FileSystemDirectoryEntry));
  else if (file !== undefined) predict(file, file.name);
});

async function filesBelow(
  folder: FileSystemDirectoryEntry,
): Promise<{ path: string; content: Blob }[]> {
  const reader = folder.createReader();
  const found: { path: string; content: Blob }[] = [];
  for (;;) {
    const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject)
    );
    if (entries.length === 0) return found;
    for (const entry of entries) {
      if (entry.isDirectory) found.push(...await filesBelow(entry as FileSystemDirectoryEntry));
      else {
        const content = await new Promise<File>((resolve, reject) =>
          (entry as FileSystemFileEntry).file(resolve, reject)
        );
        found.push({ path: entry.fullPath.slice(1), content });
      }
    }
  }
}

element("camera").addEventListener("click", async () => {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    const video = element<HTMLVideoElement>("video");
    video.srcObject = stream;
    await video.play();
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext("2d")!.drawImage(video, 0, 0);
    for (const track of stream.getTracks()) track.stop();
    predict(await canvas.convertToBlob({ type: "image/png" }), "camera");
  } catch (error) {
    fail(`Cannot use the camera: ${(error as Error).message}`);
  }
});

/** The network that lies beside the page, where one does. */
async function openServed(): Promise<void> {
  const list = await fetch("model/files.json").catch(() => null);
  if (list === null || !list.ok) {
    element("network").textContent = "No network yet: open the folder of a run or of a model.";
    return;
  }
  const paths = await list.json() as string[];
  openFolder(
    await Promise.all(paths.map(async (path) => {
      const address = `model/${path.split("/").map(encodeURIComponent).join("/")}`;
      return { path, content: await (await fetch(address)).blob() };
    })),
  );
}

await openServed().catch((error: Error) => fail(error.message));
