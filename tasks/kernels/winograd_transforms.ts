/**
 * Text of the unrolled Winograd transforms of {@linkcode SCHEMES}, four channels at a time.
 *
 * @module
 */
import { type Scheme, SCHEMES, type Transform } from "./winograd_schemes.ts";

/** The AssemblyScript module `transforms`; names end in the domain's size or in m and r. */
export function winogradTransforms(): string {
  const inputs = new Map(SCHEMES.map((scheme) => [domain(scheme), scheme.input]));
  return [
    'import { activate } from "./elementwise";',
    ...[...inputs].map(([n, input]) => square(`input${n}`, [n, n], input)),
    ...SCHEMES.flatMap((scheme) => {
      const { m, r } = scheme;
      const n = domain(scheme);
      return [
        square(`filter${m}${r}`, [r, n], scheme.filter),
        square(`spread${m}${r}`, [m, n], scheme.spread),
        square(`collect${m}${r}`, [n, r], scheme.collect),
        output(scheme),
      ];
    }),
    chooser("input", [...inputs.keys()].map((n) => [n, `input${n}`])),
    ...["filter", "spread", "collect"].map((name) =>
      chooser(name, SCHEMES.map(({ m, r }) => [10 * m + r, `${name}${m}${r}`]))
    ),
    outputChooser(),
  ].join("\n");
}

/** Values per axis of the transform domain. */
function domain({ m, r }: Scheme): number {
  return m + r - 1;
}

/** Both axes of a transform: lines that leave `n x n` values in `v<i>_<j>`. */
function bothAxes(size: number, n: number, transform: Transform): string[] {
  const lines: string[] = [];
  for (let j = 0; j < size; j++) {
    for (let i = 0; i < size; i++) {
      lines.push(`    s${i} = v128.load(from + ${i} * row + ${j} * pixel);`);
    }
    transform(range(size).map((i) => `s${i}`)).forEach((text, i) => {
      lines.push(`    let t${i}_${j} = ${text};`);
    });
  }
  for (let i = 0; i < n; i++) {
    transform(range(size).map((j) => `t${i}_${j}`)).forEach((text, j) => {
      lines.push(`    let v${i}_${j} = ${text};`);
    });
  }
  return lines;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

const SQUARE = "from: usize, row: usize, pixel: usize, to: usize, toRow: usize, step: usize, " +
  "channels: i32";

/** Steps back where less than a vector is left, so that the last one overlaps its predecessor. */
function lastVector(pointers: string[]): string {
  const back = pointers.map((name) => `${name} -= <usize>(4 - left) * 4;`).join(" ");
  return `    if (left < 4) { ${back} }`;
}

/**
 * from[i·row + j·pixel] (size x size) to to[i·toRow + j·step] (n x n), for `channels` channels, at
 * least 4.
 */
function square(name: string, [size, n]: [number, number], transform: Transform): string {
  return [
    `function ${name}(${SQUARE}): void {`,
    `  let ${range(size).map((i) => `s${i}: v128`).join(", ")}, o: usize;`,
    "  for (let left = channels; left > 0; left -= 4) {",
    lastVector(["from", "to"]),
    ...bothAxes(size, n, transform),
    ...range(n).flatMap((i) => [
      `    o = to + ${i} * toRow;`,
      ...range(n).map((j) => `    v128.store(o, v${i}_${j}); o += step;`),
    ]),
    "    from += 16;",
    "    to += 16;",
    "  }",
    "}",
  ].join("\n");
}

/** One function that calls one of several by its number. */
function chooser(name: string, targets: [number, string][]): string {
  return [
    `export function ${name}(id: i32, ${SQUARE}): void {`,
    ...targets.map(([id, target]) =>
      `  if (id == ${id}) ${target}(from, row, pixel, to, toRow, step, channels);`
    ),
    "}",
  ].join("\n");
}

const OUTPUT = "from: usize, step: usize, to: usize, toRow: usize, toPixel: usize, rows: i32, " +
  "columns: i32, channels: i32, bias: usize, act: i32, alpha: f32";

/** Output transform with bias and activation; rows and columns beyond the map are not stored. */
function output(scheme: Scheme): string {
  const { m, r } = scheme;
  const size = domain(scheme);
  return [
    `function output${m}${r}(${OUTPUT}): void {`,
    `  let ${range(size).map((i) => `s${i}: v128`).join(", ")}, b: v128;`,
    `  const row = step * ${size};`,
    "  const pixel = step;",
    "  for (let left = channels; left > 0; left -= 4) {",
    lastVector(["from", "to"]),
    "    if (left < 4 && bias) bias -= <usize>(4 - left) * 4;",
    ...bothAxes(size, m, scheme.output),
    "    b = f32x4.splat(0);",
    "    if (bias) { b = v128.load(bias); bias += 16; }",
    ...range(m).flatMap((i) => [
      `    if (rows > ${i}) {`,
      ...range(m).map((j) =>
        `      if (columns > ${j}) v128.store(to + ${i} * toRow + ${j} * toPixel, activate(f32x4.add(v${i}_${j}, b), act, alpha));`
      ),
      "    }",
    ]),
    "    from += 16;",
    "    to += 16;",
    "  }",
    "}",
  ].join("\n");
}

function outputChooser(): string {
  return [
    `export function output(scheme: i32, ${OUTPUT}): void {`,
    ...SCHEMES.map(({ m, r }) =>
      `  if (scheme == ${
        10 * m + r
      }) output${m}${r}(from, step, to, toRow, toPixel, rows, columns, ` +
      "channels, bias, act, alpha);"
    ),
    "}",
  ].join("\n");
}
