/** SegFormer and Fast-SCNN against PyTorch (tasks/goldens/transformers.py). */
import goldens from "../../fixtures/goldens/transformers.json" with { type: "json" };
import { temporaryFolders } from "../support/temporary_folder.ts";
import { describeNetworks, type Goldens } from "./_torch_networks.ts";

describeNetworks("SegFormer and Fast-SCNN", goldens as unknown as Goldens, {
  newFolder: temporaryFolders(),
  optionsOf: () => ({ dropout: 0 }),
});
