/** Keys of the section `optimizer` that every optimiser shares. */
export const OPTIMIZER_KEYS: readonly string[] = ["name", "lr", "clipNorm"];
