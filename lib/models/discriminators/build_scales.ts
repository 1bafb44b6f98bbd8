/**
 * A discriminator's network at one or several scales, with spectral norm where that is wanted.
 *
 * @module
 */
import type { LayerBuilder } from "../builders/layer_builder.ts";
import type { DiscriminatorArchitecture, DiscriminatorEntry } from "./discriminator_entry.ts";

/**
 * Builds the entry's network `scales` times, the copies with weights of their own (Wang et al. 2018),
 * the i-th on inputs whose sides are divided by 2^i, and brings their logits to the first's size:
 * `[b, h/stride, w/stride, scales]`. The inputs are maps and, where D takes images, images, of the
 * first scale, then of the others.
 */
export function buildScales<T>(
  entry: DiscriminatorEntry,
  builder: LayerBuilder<T>,
  architecture: DiscriminatorArchitecture,
): T {
  const { scales, spectralNorm } = architecture;
  const normalized: LayerBuilder<T> = spectralNorm
    ? { ...builder, conv: (x, options) => builder.conv(x, { ...options, spectralNorm }) }
    : builder;
  const logits = [entry.build(normalized, architecture)];
  for (let i = 1; i < scales; i++) {
    const prefix = `scale${i + 1}_`;
    const copy: LayerBuilder<T> = {
      ...prefixed(normalized, prefix),
      input: (channels, { name } = { name: "input" }) =>
        normalized.input(channels, { name: prefix + name, shrink: 2 ** i }),
    };
    const own = entry.build(copy, architecture);
    logits.push(builder.resizeTo(own, { name: `${prefix}logits`, like: logits[0]! }));
  }
  return logits.length === 1 ? logits[0]! : builder.concat(logits, { name: "scales" });
}

/** A builder whose layers' names begin with `prefix`. */
function prefixed<B extends object>(builder: B, prefix: string): B {
  const entries = Object.entries(builder).map(([key, method]) => {
    const build = method as (x: unknown, options: { name: string }) => unknown;
    return [
      key,
      (x: unknown, options: { name: string }) =>
        build(x, { ...options, name: prefix + options.name }),
    ];
  });
  return Object.fromEntries(entries);
}
