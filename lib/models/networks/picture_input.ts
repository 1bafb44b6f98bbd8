/**
 * What a network takes: a picture of as many channels as it was built for.
 *
 * @module
 */
import type { LayerBuilder } from "../builders/layer_builder.ts";

/** Channels of a picture that a network is built for unless its architecture says otherwise. */
const COLORS = 3;

/** The network's input `[b, h, w, channels]`. */
export function pictureInput<T>(
  builder: LayerBuilder<T>,
  { inputChannels = COLORS }: { width: number; inputChannels?: number },
): T {
  return builder.input(inputChannels);
}
