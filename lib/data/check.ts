import type { Dataset } from "./dataset.ts";
export async function checkDataset(_d: Dataset): Promise<void> {}
