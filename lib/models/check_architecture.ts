import type { ArchitectureOptions } from "./segmentation_model.ts";

/**
 * Refuses options that no network can be built from.
 *
 * @throws {RangeError} Naming the option, its value and what would be right.
 */
export function checkArchitecture(architecture: ArchitectureOptions): void {
  const { name, classes, width, dropout, bnMomentum } = architecture;
  const refuse = (option: string, value: unknown, right: string): never => {
    throw new RangeError(`Cannot build ${name} with ${option} ${value}: must be ${right}`);
  };
  if (!Number.isInteger(classes) || classes < 2 || classes > 255) {
    refuse("classes", classes, "an integer from 2 to 255");
  }
  if (!(width > 0 && width <= 4)) refuse("width", width, "above 0 and at most 4");
  if (!(dropout >= 0 && dropout < 1)) refuse("dropout", dropout, "at least 0 and below 1");
  if (!(bnMomentum >= 0 && bnMomentum < 1)) {
    refuse("bnMomentum", bnMomentum, "at least 0 and below 1");
  }
  if (architecture.padding !== "same" && architecture.padding !== 100) {
    refuse("padding", architecture.padding, '"same" or 100');
  }
}
