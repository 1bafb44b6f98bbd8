/**
 * Networks of a backbone and a decoder.
 *
 * @module
 */
import { optionsSchema } from "../../util/registry.ts";
import type { NameMap } from "../../weights/name_maps/name_map.ts";
import type { BackboneEntry, OutputStride } from "../backbones/backbone_entry.ts";
import type { DecoderEntry } from "../decoders/decoder_entry.ts";
import type { NetworkEntry } from "./network_entry.ts";
import { pictureInput } from "./picture_input.ts";

/** The network `DECODER-BACKBONE`, with the options of both. */
export function pairNetwork(decoder: DecoderEntry, backbone: BackboneEntry): NetworkEntry {
  const { dilateFirst, upsampleOrder } = decoder;
  const outputStride = sharedStride(decoder, backbone)!;
  const logitStride = decoder.logitStride === decoder.outputStride
    ? outputStride
    : decoder.logitStride;
  const { auxiliaryStride = 16 } = backbone;
  return {
    name: backbone.networkNames?.[decoder.name] ?? `${decoder.name}-${backbone.name}`,
    summary: `${decoder.title} on ${backbone.summary}`,
    options: optionsSchema({ ...backbone.options.shape, ...decoder.options.shape }),
    upsampleOrder,
    logitStride,
    inputMultiple: Math.max(outputStride, ...decoder.strides.filter((s) => s <= outputStride)),
    backboneStages: backbone.stages ?? [/^(?!decoder_|score)/],
    hasFixedGraph: (architecture) =>
      backbone.hasFixedGraph === true || decoder.hasFixedGraph?.(architecture) === true,
    auxiliaryStride: ({ auxHead }) =>
      auxHead === true ? Math.min(auxiliaryStride, outputStride) : null,
    // Decoders read several features, so no layer separates the network into two
    stages: [],
    nameMaps: backbone.nameMaps.map((map) => withDecoder(map, decoder)),
    inputOptions: [...backbone.inputOptions, ...decoder.inputOptions ?? []],
    bnEpsilon: backbone.bnEpsilon,
    build(builder, architecture) {
      const options = { ...architecture, outputStride, dilateFirst, auxiliaryStride };
      const features = backbone.build(builder, pictureInput(builder, architecture), options);
      return decoder.build(builder, features, options);
    },
  };
}

/** Whether the decoder takes features that the backbone has. */
export function fits(decoder: DecoderEntry, backbone: BackboneEntry): boolean {
  return decoder.strides.every((stride) => backbone.strides.includes(stride)) &&
    sharedStride(decoder, backbone) !== undefined;
}

/** The output stride that the decoder likes best of those that the backbone has. */
function sharedStride(
  { outputStride, otherOutputStrides = [] }: DecoderEntry,
  { outputStrides }: BackboneEntry,
): OutputStride | undefined {
  return [outputStride, ...otherOutputStrides].find((stride) =>
    outputStrides === undefined || outputStrides.includes(stride)
  );
}

/** A backbone's name map that knows the decoder's weights too; a file without them leaves them fresh. */
function withDecoder(map: NameMap, decoder: DecoderEntry): NameMap {
  const isDecoders = (weight: string): boolean => /^(decoder_|score)/.test(weight);
  return {
    ...map,
    places: (weight) =>
      isDecoders(weight)
        ? { places: decoder.places(weight), otherwise: "fresh" }
        : map.places(weight),
    input(file) {
      const { options, ...rule } = map.input(file);
      const names = [...file.tensors.keys()].flatMap(map.aliases);
      return { ...rule, options: { ...options, ...decoder.inputOf?.(names) } };
    },
    prefixOf: (weight) =>
      isDecoders(weight) ? "" : decoder.backbonePrefix ?? map.prefixOf?.(weight) ?? "",
  };
}
