/**
 * What of a weight file goes where in a network, before a single value is read.
 *
 * @module
 */
import { dilationOf } from "./dilated_kernel.ts";
import type {
  InputRule,
  NameMap,
  PretrainedNetwork,
  TensorPart,
  WeightLayout,
} from "./name_maps/name_map.ts";
import type { Options } from "../util/registry.ts";
import type { SavedModelInfo, WeightFile } from "./weight_file.ts";

/** A weight of a network. */
export interface WeightTarget {
  /** `layer/weight`, as in saved networks. */
  name: string;
  shape: readonly number[];
}

/** A weight that the file holds. */
export interface PlannedCopy {
  target: WeightTarget;
  /** Name in the file. */
  source: string;
  /** `spread`: a depthwise kernel of a saved graph, with zeros between its taps. */
  layout: WeightLayout | "spread";
  /** Input channels of the file's kernel, where the network's first layer has others. */
  fromChannels?: number;
  /** The part of the file's tensor, where that holds several weights. */
  part?: TensorPart;
}

/** A tensor of the file that does not fit. */
export interface Misshapen {
  source: string;
  target: string;
  /** Shape in the file, and the one that would fit. */
  found: readonly number[];
  expected: readonly number[];
}

/** What a file and a network have in common, and what not. */
export interface WeightPlan {
  /** Who publishes such files. */
  origin: string;
  /** What the weights were trained with; `null` where the file does not tell. */
  input: InputRule | null;
  copies: PlannedCopy[];
  /** Weights that are zero, as the origin has no such ones (biases before a batch norm). */
  zero: string[];
  /** γ, mean and variance of batch norms that the file has folded into convolutions. */
  identity: string[];
  /** Weights of the head: they start anew. */
  fresh: string[];
  /** The file's tensors that have no place here, such as the origin's own head. */
  unused: string[];
  /** The network's weights that the file should hold and does not. */
  missing: string[];
  /** The file's tensors of unknown names. */
  extra: string[];
  /** Weights whose shape in the file is another. */
  misshapen: Misshapen[];
}

/** What a plan is made for. */
export interface PlanOptions {
  /** The network's entry; `null` for a user's own network. */
  network: PretrainedNetwork | null;
  /** Its weights. */
  targets: readonly WeightTarget[];
  /**
   * Whether the head of a network of this toolkit starts anew whatever its shape, as it stands for
   * other classes.
   * @default false
   */
  freshHead?: boolean;
}

/**
 * Finds the file's tensors for a network's weights, under the names of the publisher that fits best.
 *
 * @throws {TypeError} If the file holds nothing that the network knows.
 */
export function planWeights(file: WeightFile, options: PlanOptions): WeightPlan {
  const { network, targets } = options;
  const own = planOwn(file, options);
  if (file.saved !== null) return own;
  const plans = (network?.nameMaps ?? []).map((map) => {
    const { options, ...input } = map.input(file);
    const known = Object.entries(options).filter(([key]) => network!.inputOptions.includes(key));
    return planFrom(file, {
      map,
      targets,
      input: { ...input, options: Object.fromEntries(known) },
    });
  });
  const best = [own, ...plans].reduce((a, b) => b.found > a.found ? b : a);
  if (best.found > 0) return best;
  const names = [...file.tensors.keys()];
  const publishers = plans.map(({ origin }) => origin).join(", ");
  throw new TypeError(
    `Cannot start ${
      network?.name ?? "a network"
    } from ${file.path}: none of its ${names.length} tensors ` +
      `(${names.slice(0, 3).join(", ")}, ...) has a name that ${
        publishers || "the network"
      } would ` +
      "give; is it another architecture?",
  );
}

interface Scored extends WeightPlan {
  /** Weights whose names the file knows. */
  found: number;
}

function emptyPlan(origin: string, input: InputRule | null): Scored {
  const lists = {
    copies: [],
    zero: [],
    identity: [],
    fresh: [],
    unused: [],
    missing: [],
    extra: [],
  };
  return { origin, input, ...lists, misshapen: [], found: 0 };
}

function planFrom(
  file: WeightFile,
  options: { map: NameMap; targets: readonly WeightTarget[]; input: InputRule },
): Scored {
  const { map, targets, input } = options;
  const plan = emptyPlan(map.originOf?.(file) ?? map.origin, input);
  const byAlias = new Map<string, string>();
  for (const name of file.tensors.keys()) {
    for (const alias of map.aliases(name)) if (!byAlias.has(alias)) byAlias.set(alias, name);
  }
  const used = new Set<string>();
  for (const target of targets) {
    const { places, otherwise } = map.places(target.name);
    const place = places.find(({ name }) => byAlias.has(name));
    if (place === undefined) {
      plan[otherwise].push(target.name);
      continue;
    }
    const source = byAlias.get(place.name)!;
    plan.found++;
    used.add(source);
    const { layout, part } = place;
    const copy = { target, source, layout, ...part !== undefined && { part } };
    if (HEAD.test(target.name) && !isFitting(copy, file)) {
      plan.fresh.push(target.name);
      plan.unused.push(source);
    } else add(plan, copy, file);
  }
  for (const name of file.tensors.keys()) {
    if (used.has(name)) continue;
    const isKnown = map.aliases(name).some((alias) => map.unused.test(alias));
    (isKnown ? plan.unused : plan.extra).push(name);
  }
  return plan;
}

/** Score and upsampling layers, whose shapes follow the number of classes. */
const HEAD = /^(score|upscore|decoder_aux_score)/;
/** The auxiliary head, which a network may have had before, or be given anew. */
const AUXILIARY = /^decoder_aux_/;

/** A network of this toolkit, under its own names. */
function planOwn(file: WeightFile, options: PlanOptions): Scored {
  const { network, targets, freshHead = false } = options;
  const { saved, tensors } = file;
  const plan = emptyPlan("this toolkit", saved === null ? null : savedInput(saved, network));
  for (const target of targets) {
    const found = tensors.get(target.name);
    const isHead = saved !== null && HEAD.test(target.name);
    if (found === undefined) {
      plan[AUXILIARY.test(target.name) ? "fresh" : "missing"].push(target.name);
    } else if (isHead && (freshHead || found.shape.join() !== target.shape.join())) {
      plan.fresh.push(target.name);
      plan.found++;
    } else {
      plan.found++;
      const layout = dilationOf(found.shape, target.shape) === null ? "same" : "spread";
      add(plan, { target, source: target.name, layout }, file);
    }
  }
  const wanted = new Set(targets.map(({ name }) => name));
  for (const name of tensors.keys()) {
    if (!wanted.has(name)) plan[AUXILIARY.test(name) ? "unused" : "extra"].push(name);
  }
  return plan;
}

function savedInput(
  { normalize, architecture }: SavedModelInfo,
  network: PretrainedNetwork | null,
): InputRule {
  const options: Options = Object.fromEntries(
    (network?.inputOptions ?? []).flatMap((key) => {
      const value = architecture?.[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  return { normalize, options, bnEpsilon: null };
}

/** Channels of RGB, which published networks take. */
const COLORS = 3;

/** Input channels of the file's kernel, where it is that of RGB and the network's one of others. */
function otherChannels({ target, layout }: PlannedCopy, found: readonly number[]): number | null {
  const [height, width, channels, filters] = target.shape;
  if (target.shape.length !== 4 || channels === COLORS) return null;
  if (layout !== "same" && layout !== "oihw") return null;
  const rgb = sourceShape([height!, width!, COLORS, filters!], layout);
  return found.join() === rgb.join() ? COLORS : null;
}

function isFitting(copy: PlannedCopy, file: WeightFile): boolean {
  return file.tensors.get(copy.source)!.shape.join() === expectedShape(copy, file).join();
}

function add(plan: WeightPlan, copy: PlannedCopy, file: WeightFile): void {
  const { target, source } = copy;
  const { shape } = file.tensors.get(source)!;
  const expected = expectedShape(copy, file);
  const fromChannels = otherChannels(copy, shape);
  if (shape.join() === expected.join()) plan.copies.push(copy);
  else if (fromChannels !== null) plan.copies.push({ ...copy, fromChannels });
  else plan.misshapen.push({ source, target: target.name, found: shape, expected });
}

function expectedShape(
  { target, source, layout, part }: PlannedCopy,
  file: WeightFile,
): readonly number[] {
  if (layout === "spread") return file.tensors.get(source)!.shape;
  const [first, ...rest] = sourceShape(target.shape, layout);
  return [first! * (part?.count ?? 1), ...rest];
}

/** The shape that a weight has in a file of that layout. */
function sourceShape(shape: readonly number[], layout: WeightLayout): number[] {
  const [height, width, channels, filters] = shape as [number, number, number, number];
  if (layout === "same" || shape.length !== 4) return [...shape];
  if (layout === "depthwise") return [channels * filters, 1, height, width];
  if (layout === "oihw") return [filters, channels, height, width];
  const inputs = height * width * channels;
  return layout === "linear" ? [filters, inputs] : [inputs, filters];
}

/**
 * One line that lists what keeps a plan from being carried out whole, and `null` where nothing does.
 */
export function describeFaults(plan: WeightPlan): string | null {
  const groups: [what: string, names: string[]][] = [
    ["missing", plan.missing],
    ["of another shape", plan.misshapen.map(describeShapes)],
    ["unknown", plan.extra],
  ];
  const parts = groups.filter(([, names]) => names.length > 0).map(([what, names]) => {
    const more = names.length > 4 ? ` and ${names.length - 4} more` : "";
    return `${what}: ${names.slice(0, 4).join(", ")}${more}`;
  });
  return parts.length === 0 ? null : parts.join("; ");
}

function describeShapes({ source, found, expected }: Misshapen): string {
  return `${source} is [${found}], not [${expected}]`;
}

/** Names of the layers of batch norm that the file has folded into convolutions. */
export function foldedNorms({ identity }: Pick<WeightPlan, "identity">): string[] {
  return [...new Set(identity.map((name) => name.slice(0, name.lastIndexOf("/"))))];
}
