// Byte offsets inside the parameter blocks that the JavaScript side writes.
// lib/engine/wasm/kernels/gather_gemm.ts and _conv_filter_grad.ts write the words in this order.

// Gather GEMM.
export const G_X: usize = 0;
export const G_IH: usize = 4;
export const G_IW: usize = 8;
export const G_C: usize = 12;
export const G_BATCH: usize = 16;
export const G_ZERO: usize = 20;
export const G_N: usize = 24;
export const G_PANELS: usize = 28;
export const G_BIAS: usize = 32;
export const G_ACT: usize = 36;
export const G_ALPHA: usize = 40;
export const G_OUT: usize = 44;
export const G_OUTH: usize = 48;
export const G_OUTW: usize = 52;
export const G_OSY: usize = 56;
export const G_OSX: usize = 60;
export const G_SY: usize = 64;
export const G_SX: usize = 68;
export const G_BATCH_INNER: usize = 72;
export const G_BLOCK_TILES: usize = 76;
export const G_M_BLOCKS: usize = 80;
export const G_GROUPS: usize = 84;
export const G_GROUP_PANELS: usize = 88;
export const G_FIRST_PANEL: usize = 92;
export const G_PACKED: usize = 96;
export const G_SUBS: usize = 100;
export const G_W: usize = 104;
export const G_W_CIN: usize = 108;
export const G_W_COUT: usize = 112;
export const G_TRANSPOSED: usize = 116;
export const G_DENSE: usize = 120;

// One sub-problem of it.
export const SUB_OY: usize = 0;
export const SUB_OX: usize = 4;
export const SUB_OH: usize = 8;
export const SUB_OW: usize = 12;
export const SUB_TAPS: usize = 16;
export const SUB_TAP_TABLE: usize = 20;
export const SUB_K: usize = 24;
export const SUB_PACKED: usize = 28;
export const SUB_PANEL: usize = 32;
export const SUB_RUN: usize = 36;
export const SUB_SIZE: usize = 40;

// One tap: dy, dx, index of its first filter position, step between those of one run.
export const TAP_SIZE: usize = 16;

// Filter gradient.
export const F_X: usize = 0;
export const F_IH: usize = 4;
export const F_IW: usize = 8;
export const F_C: usize = 12;
export const F_K: usize = 16;
export const F_BATCH: usize = 20;
export const F_DY: usize = 24;
export const F_OH: usize = 28;
export const F_OW: usize = 32;
export const F_N: usize = 36;
export const F_LD: usize = 40;
export const F_SY: usize = 44;
export const F_SX: usize = 48;
export const F_TAPS: usize = 52;
export const F_TAP_TABLE: usize = 56;
export const F_OUT: usize = 60;
export const F_SLICES: usize = 64;
export const F_SLICE_PIXELS: usize = 68;
export const F_PANEL_GROUPS: usize = 72;
export const F_GROUP_PANELS: usize = 76;
export const F_RESULT: usize = 80;
