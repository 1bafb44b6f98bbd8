/** `channels` times the width multiplier, rounded, at least 4 (1 is the paper's network). */
export function scaledChannels(channels: number, width: number): number {
  return Math.max(4, Math.round(channels * width));
}
