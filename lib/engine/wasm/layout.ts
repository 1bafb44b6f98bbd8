/** Byte offsets in the parameter block where variable parts begin; see assembly/layout.ts. */
export const SUBS_AT = 256;
/** Bytes of one sub-problem. */
export const SUB_BYTES = 40;
/** Words of one tap. */
export const TAP_WORDS = 4;
