/** A commit, as `git log` tells. */
export interface Commit {
  title: string;
  /** Version whose tag it has, without the `v`. */
  version?: string;
  /** Day, as `2026-11-30`. */
  date: string;
}

/** Sections by the type in a commit's title; other types change nothing for users. */
const SECTIONS: readonly (readonly [type: string, heading: string])[] = [
  ["feat", "Added"],
  ["fix", "Fixed"],
  ["perf", "Faster"],
];

const TITLE = /^(\w+)(?:\(([^)]*)\))?(!)?: (.+)$/;

/**
 * The text of CHANGELOG.md: versions from the newest, each with what was added, fixed and made
 * faster, by the titles of its commits.
 *
 * @param commits From the newest.
 * @param next Version of the commits that no tag covers yet.
 */
export function changelog(commits: readonly Commit[], next: string): string {
  const parts = ["# Changelog\n\nWritten by `deno task release` from the titles of commits.\n"];
  for (const { version, date, titles } of releases(commits, next)) {
    parts.push(`## ${version} (${date})\n`);
    const breaking = titles.filter((title) => TITLE.exec(title)?.[3] === "!");
    if (breaking.length > 0) parts.push(section("Incompatible", breaking));
    for (const [type, heading] of SECTIONS) {
      const own = titles.filter((title) => TITLE.exec(title)?.[1] === type);
      if (own.length > 0) parts.push(section(heading, own));
    }
  }
  return parts.join("\n");
}

interface Release {
  version: string;
  date: string;
  titles: string[];
}

function releases(commits: readonly Commit[], next: string): Release[] {
  const found: Release[] = [];
  for (const { title, version, date } of commits) {
    if (version !== undefined || found.length === 0) {
      found.push({ version: version ?? next, date, titles: [] });
    }
    found.at(-1)!.titles.push(title);
  }
  return found;
}

function section(heading: string, titles: readonly string[]): string {
  const lines = new Set(titles.map((title) => {
    const [, , scope, , text = title] = TITLE.exec(title) ?? [];
    return `- ${scope ? `**${scope}**: ` : ""}${escape(text)}`;
  }));
  return `### ${heading}\n\n${[...lines].join("\n")}\n`;
}

/** Text that Markdown shows as it is; what stands in backticks is that already. */
function escape(text: string): string {
  return text.split(/(`[^`]*`)/).map((part) =>
    part.startsWith("`") ? part : part.replace(/[\\*_<>[\]~]/g, "\\$&")
  ).join("");
}
