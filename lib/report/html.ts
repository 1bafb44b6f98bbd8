/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** What a template may hold: strings are escaped, HTML and lists of it are not. */
export type Content = string | number | Html | readonly Html[] | null;

/** Template tag: every plain value is escaped. */
export function html(parts: TemplateStringsArray, ...values: Content[]): Html {
  return new Html(parts.reduce((text, part, i) => text + show(values[i - 1] ?? null) + part));
}

/** Trusted text, such as an SVG of our own. */
export function raw(text: string): Html {
  return new Html(text);
}

function show(value: Content): string {
  if (value === null) return "";
  if (value instanceof Html) return value.text;
  if (typeof value === "object") return value.map((part) => part.text).join("\n");
  return String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
