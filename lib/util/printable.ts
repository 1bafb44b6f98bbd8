// deno-lint-ignore no-control-regex -- control characters are what is looked for
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text from a file that may be hostile, fit for an error message: what steers a terminal, breaks
 * the line or turns the direction of writing becomes `\u001b` and the like.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
