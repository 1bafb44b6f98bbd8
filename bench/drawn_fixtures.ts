import { openDataset } from "@segadv/segadv";
import type { DatasetReader } from "@segadv/segadv/data";
import { randomStream } from "../lib/util/random.ts";
import { drawSample } from "../tasks/make_fixtures.ts";

const SEED = 77;

/**
 * The fixture set with a validation split of as many pictures as one likes, drawn like its own (but
 * for JPEG's loss) and never on disk: its own 8 pictures are a coarse measure.
 */
export function drawnFixtures(pictures: number): DatasetReader {
  return {
    name: "drawn-fixtures",
    summary: "the fixture set, validated on more pictures",
    needsDir: false,
    matches: () => Promise.resolve(false),
    async open({ split }) {
      const fixtures = await openDataset("fixtures", { split });
      if (split === "train") return fixtures;
      const ids = Array.from({ length: pictures }, (_, i) => `drawn_${i}`);
      return {
        ...fixtures,
        name: "drawn-fixtures",
        ids,
        read(index) {
          const id = ids[index]!;
          const { image, label } = drawSample(randomStream(SEED, id));
          const size = { width: 64, height: 64 };
          const rgb = image.filter((_, i) => i % 4 < 3);
          return Promise.resolve({
            id,
            image: { ...size, data: new Uint8Array(rgb) },
            label: { ...size, data: label },
          });
        },
      };
    },
  };
}
