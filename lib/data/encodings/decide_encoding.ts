/**
 * Which encoding label files have, from what all of them hold.
 *
 * @module
 */
import { colorKey, colorName, nearestColor } from "./color.ts";
import { DataQuestionError, listed } from "./data_question.ts";
import { palettesAreColors } from "./decide_palettes.ts";
import { decideByValues } from "./decide_values.ts";
import {
  type DecidedLabels,
  type DecideOptions,
  type LabelFile,
  named,
  twoClasses,
} from "./decided_labels.ts";

/**
 * Decides over all label files how their pixels name classes.
 *
 * @throws {DataQuestionError} If they can be read in several ways, or in none.
 */
export function decideEncoding(options: DecideOptions): DecidedLabels {
  const { files, given, hints } = options;
  const encoding = hints.encoding ?? "auto";
  if (hints.labelMap != null) return byLabelMap(options);
  if (encoding === "auto" || encoding === "color") {
    const lossy = files.find(({ facts }) => facts.lossy);
    if (lossy !== undefined) return byJpeg(options, lossy);
  }
  if (encoding === "color") return byColor(options);
  if (encoding === "auto") {
    const alpha = files.find(({ facts }) => facts.alpha === "varies");
    if (alpha !== undefined) return byAlpha(options, alpha);
    if (files.some(({ facts }) => facts.kind === "color")) return byColor(options);
    if (palettesAreColors(options)) return byColor(options);
  }
  if (encoding === "alpha") return { ...twoClasses(given), encoding: { name: "alpha" } };
  return decideByValues(options);
}

function byLabelMap({ given, hints }: DecideOptions): DecidedLabels {
  const table = Object.entries(hints.labelMap!);
  const names = given?.classes.map(({ name }) => name) ??
    [...new Set(table.map(([, to]) => String(to)).filter((to) => to !== "ignore" && to !== "-1"))];
  const values: Record<string, number> = Object.fromEntries(table.map(([value, to]) => {
    if (!/^(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/.test(value)) {
      throw new DataQuestionError(`data.labelMap maps "${value}", which is no value in 0..255`);
    }
    if (to === "ignore" || to === -1) return [value, -1];
    const place = typeof to === "number" && given !== null ? to : names.indexOf(String(to));
    if (place >= 0 && place < names.length) return [value, place];
    throw new DataQuestionError(
      `data.labelMap maps ${value} to "${to}", which is none of the classes ${names.join(", ")}`,
    );
  }));
  const ignore = hints.ignore ?? given?.ignore ?? (given?.ignore === null ? -1 : 255);
  // Where values are looked up, the value that is left out need not be free among the classes
  if (ignore >= 0) values[ignore] ??= -1;
  return {
    encoding: { name: "map", values },
    classes: given?.classes ?? named(names),
    ignore: 255,
  };
}

/** JPEG moves values by some levels, and more beside edges. */
function byJpeg(options: DecideOptions, { path }: LabelFile): DecidedLabels {
  const { files, given } = options;
  if (given?.hasColors === true) {
    const ignored = given.ignoredColors ?? [];
    const colors = [...given.classes.map(({ color }) => color), ...ignored];
    const tolerance = Math.min(64, Math.max(1, Math.floor(leastDistance(colors) / 2) - 1));
    let [near, all] = [0, 0];
    for (const { facts } of files) {
      all += facts.width * facts.height;
      const own = facts.kind === "color"
        ? facts.colors
        : facts.values.map(([value, n]) => [colorKey(value, value, value), n] as const);
      for (const [key, pixels] of own) {
        if (nearestColor(key, colors).distance <= tolerance) near += pixels;
      }
    }
    const far = all - near;
    if (far / all <= 0.1) {
      return {
        encoding: { name: "color", tolerance, ...(ignored.length > 0 && { ignored }) },
        classes: given.classes,
        ignore: 255,
      };
    }
    throw new DataQuestionError(
      `JPEG noise in a mask: in ${path} and others ${
        (far / all * 100).toFixed(0)
      } % of the pixels are further than ${tolerance} levels from every class' colour in ` +
        `${given.from}: save the masks as PNG`,
    );
  }
  const grey = files.every(({ facts }) => facts.kind === "grey");
  let [between, all] = [0, 0];
  for (const { facts } of grey ? files : []) {
    for (const [value, pixels] of facts.values) {
      all += pixels;
      if (value > 63 && value < 192) between += pixels;
    }
  }
  if (grey && between / all < 0.02 && (given === null || given.classes.length === 2)) {
    return { ...twoClasses(given), encoding: { name: "binary", threshold: 128 } };
  }
  const distinct = Math.max(...files.map(({ facts }) => facts.distinct));
  throw new DataQuestionError(
    `JPEG noise in a mask: ${path} is a JPEG, which alters values (up to ${distinct} different ` +
      `ones in a file): save the masks as PNG, or give the classes their colours in classes.json, ` +
      `so that each pixel takes the nearest: {"classes": [{"name": "road", "color": [128, 64, 128]}]}`,
  );
}

function leastDistance(colors: readonly (readonly [number, number, number])[]): number {
  let least = 255;
  for (const [i, color] of colors.entries()) {
    const others = colors.slice(i + 1);
    if (others.length > 0) {
      least = Math.min(least, nearestColor(colorKey(...color), others).distance);
    }
  }
  return least;
}

/** Least number of half-transparent pixels of a mask that make soft edges. */
const LEAST_SOFT = 8;

function byAlpha({ files, given }: DecideOptions, { path }: LabelFile): DecidedLabels {
  const isConstant = files.every(({ facts }) => facts.distinct === 1);
  if (isConstant) {
    const soft = files.find(({ facts }) => facts.softAlpha >= LEAST_SOFT);
    if (soft !== undefined) {
      throw new DataQuestionError(
        `the mask ${soft.path} is in the alpha channel and has soft edges: ` +
          `${soft.facts.softAlpha} pixels are neither transparent nor opaque (anti-aliasing): save ` +
          `masks without smoothing, or take everything from half opaque up as the object with ` +
          `--set data.encoding=alpha`,
      );
    }
    const border = files.reduce((sum, { facts }) => sum + facts.opaqueBorder, 0) / files.length;
    if (border > 0.5) {
      throw new DataQuestionError(
        `the masks are in the alpha channel, and what is opaque surrounds what is transparent, as ` +
          `in ${path}: say which is the object; with --set data.encoding=alpha what is opaque is ` +
          `the second class, ${
            twoClasses(given).classes[1]!.name
          }, and where what is transparent ` +
          `is meant the classes must be named in the other order`,
      );
    }
    return { ...twoClasses(given), encoding: { name: "alpha" } };
  }
  const isColor = files.some(({ facts }) => facts.kind === "color");
  throw new DataQuestionError(
    `the mask ${path} has both ${
      isColor ? "colours" : "values"
    } and a transparent part: say which is meant, --set data.encoding=alpha (transparent is class ` +
      `0, opaque class 1) or --set data.encoding=${
        isColor ? "color" : "index"
      } (transparency is passed over)`,
  );
}

function byColor({ files, given }: DecideOptions): DecidedLabels {
  const found = new Map<number, number>();
  for (const { facts } of files) {
    const own = facts.kind === "grey"
      ? facts.values.map(([value, n]) => [colorKey(value, value, value), n] as const)
      : facts.colors;
    for (const [key, pixels] of own) found.set(key, (found.get(key) ?? 0) + pixels);
  }
  const keys = [...found].sort((a, b) => b[1] - a[1]).map(([key]) => key);
  if (given === null || !given.hasColors) {
    throw new DataQuestionError(
      `labels are colours, not indices (${listed(keys.map(colorName), 4)}), and ${
        given === null ? "no file says which class each is" : `${given.from} has no colours`
      }: write them into classes.json, {"classes": [{"name": "…", "color": [${
        colorName(keys[0]!)
      }]}, …]}`,
    );
  }
  const ignored = given.ignoredColors ?? [];
  const known = new Set([...given.classes.map(({ color }) => colorKey(...color))]);
  for (const color of ignored) known.add(colorKey(...color));
  const unknown = keys.filter((key) => !known.has(key));
  if (unknown.length > 0) {
    const file = files.find(({ facts }) => facts.colors.some(([key]) => key === unknown[0])) ??
      files[0]!;
    throw new DataQuestionError(
      unknown.length > 20
        ? `labels are colours, but ${unknown.length} of them are those of no class, such as ` +
          `${
            colorName(unknown[0]!)
          } in ${file.path}: soft edges, resizing or JPEG made them; save ` +
          `masks without smoothing`
        : `labels are colours, but ${
          listed(unknown.map(colorName), 4)
        } (in ${file.path}) is that of no class in ${given.from}${
          unknown.every((key) => known.has(swapped(key)))
            ? ", which has it with red and blue swapped, as OpenCV writes colours"
            : ""
        }: add the class, or leave the ` +
          `colour out with "ignoreColors": [[${colorName(unknown[0]!)}]] in classes.json`,
    );
  }
  return {
    encoding: { name: "color", ...(ignored.length > 0 && { ignored }) },
    classes: given.classes,
    ignore: 255,
  };
}

function swapped(key: number): number {
  return colorKey(key & 255, key >> 8 & 255, key >> 16);
}
