/** Networks on MobileNets against torchvision and SMP (tasks/goldens/mobilenets.py). */
import goldens from "../../fixtures/goldens/mobilenets.json" with { type: "json" };
import { temporaryFolders } from "../support/temporary_folder.ts";
import { describeNetworks, type Goldens } from "./_torch_networks.ts";

describeNetworks("networks on MobileNets", goldens as unknown as Goldens, {
  newFolder: temporaryFolders(),
  // Those of the library, and no dropout
  optionsOf(name) {
    if (name.startsWith("deeplabv3plus")) return { dropout: 0, alignCorners: true };
    return name.startsWith("deeplabv3") ? { dropout: 0 } : {};
  },
});
