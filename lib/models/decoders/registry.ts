/**
 * The decoders by name; each is paired with every backbone that it fits.
 *
 * @module
 */
import { Registry } from "../../util/registry.ts";
import type { DecoderEntry } from "./decoder_entry.ts";
import { deeplabv3Decoder } from "./deeplabv3.ts";
import { deeplabv3plusDecoder } from "./deeplabv3plus.ts";
import { fcnDecoder } from "./fcn.ts";
import { lrasppDecoder } from "./lraspp.ts";
import { segformerDecoder } from "./segformer.ts";
import { unetDecoder } from "./unet.ts";

/** All decoders, in the order in which they are listed. */
export const decoders: Registry<DecoderEntry> = new Registry("decoder", [
  unetDecoder,
  fcnDecoder,
  deeplabv3Decoder,
  deeplabv3plusDecoder,
  lrasppDecoder,
  segformerDecoder,
]);
