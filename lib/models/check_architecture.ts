import type { ArchitectureOptions } from "./segmentation_model.ts";

/**
 * Refuses sizes that no network can be built with; a network's own options are checked by its entry.
 *
 * @throws {RangeError} Naming the option, its value and what would be right.
 */
export function checkArchitecture({ name, classes, width }: ArchitectureOptions): void {
  const refuse = (option: string, value: unknown, right: string): never => {
    throw new RangeError(`Cannot build ${name} with ${option} ${value}: must be ${right}`);
  };
  if (!Number.isInteger(classes) || classes < 2 || classes > 255) {
    refuse("classes", classes, "an integer from 2 to 255");
  }
  if (!(width > 0 && width <= 8)) refuse("width", width, "above 0 and at most 8");
}
