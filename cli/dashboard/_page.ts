import { SCRIPT } from "./_page_script.ts";

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#d8dee4, #30363d); --soft: light-dark(#f6f8fa, #161b22);
  --paper: light-dark(#fff, #0d1117); --ink: light-dark(#1f2328, #e6edf3); --faint: light-dark(#59636e, #9198a1);
  --ok: #2da44e; --warn: #d29922; --bad: #e5534b; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem 1.2rem 3rem; max-width: 1240px; font: 15px/1.5 system-ui, sans-serif;
  background: var(--paper); color: var(--ink); overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; }
h1 { font-size: 1.25rem; margin: 0; letter-spacing: -.01em; }
select { font: inherit; font-size: .9rem; max-width: 100%; color: inherit; background: var(--soft);
  border: 1px solid var(--line); border-radius: 6px; padding: .2rem .4rem; }
#link { margin-left: auto; font-size: .8rem; color: var(--faint); }
#link::before { content: "●"; margin-right: .4em; color: var(--bad); } #link.on::before { color: var(--ok); }
progress { width: 100%; height: 6px; margin: .8rem 0 .2rem; accent-color: #4269d0; }
#about, #empty { color: var(--faint); font-size: .85rem; margin: .3rem 0 1rem; }
#warnings { list-style: none; padding: 0; margin: 0 0 1rem; font-size: .9rem; }
#warnings li { padding: .4rem .8rem; margin: .3rem 0; background: var(--soft); border-left: 4px solid var(--warn);
  border-radius: 0 6px 6px 0; }
.grid { display: grid; gap: 1.2rem 1.8rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); }
figure { margin: 0; min-width: 0; } figcaption { font-size: .85rem; font-weight: 600; }
figcaption span { font-weight: 400; margin-left: .7em; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; display: block; } text { font: 11px system-ui; fill: var(--faint); }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; margin-top: 1.6rem; }
.pictures img { width: 160px; display: block; image-rendering: pixelated; border-radius: 3px; }
.pictures figcaption { font-weight: 400; font-size: .75rem; color: var(--faint); max-width: 160px; }
[hidden] { display: none; }
`;

/** The page: it draws what the event stream tells. */
export const PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><title>segadv</title>
<style>${STYLE}</style></head><body>
<header><h1>segadv</h1><select id="run" aria-label="run" hidden></select><span id="state"></span>
<span id="link">connecting</span></header>
<p id="empty">There is no run yet; this page waits for one.</p>
<main hidden><progress id="progress" max="1" value="0"></progress><p id="about"></p><ul id="warnings"></ul>
<div class="grid" id="charts"></div><div class="pictures" id="pictures"></div></main>
<script>${SCRIPT}</script></body></html>
`;
