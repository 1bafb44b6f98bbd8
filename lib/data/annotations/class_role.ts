/** What the name of a class in an annotation file says about it. */
export type ClassRole = "class" | "background" | "ignore";

/**
 * The part that a label of an annotation file plays, by its name: `background` (also `_background_`,
 * `__background__`, `bg`) is the class of pixels that nothing covers; `ignore` (also `__ignore__`,
 * `ignored`, `void`, `unlabeled`) is left out of losses and scores. Case does not count.
 */
export function classRole(name: string): ClassRole {
  const plain = name.trim().toLowerCase().replace(/^_+|_+$/g, "");
  if (/^(background|bg)$/.test(plain)) return "background";
  return /^(ignored?|void|unlabell?ed)$/.test(plain) ? "ignore" : "class";
}
