/**
 * A folder that can be read in several ways, or in none: one line that says what is there and which
 * commands decide.
 *
 * @module
 */

/** What is in a folder does not say how it is to be read; the message names the ways. */
export class DataQuestionError extends RangeError {
  override readonly name: string = "DataQuestionError";
}

/** The first few of many. */
export function listed(values: readonly (number | string)[], most = 8): string {
  const shown = values.slice(0, most).join(", ");
  return values.length > most ? `${shown} and ${values.length - most} more` : shown;
}
