/**
 * A sealed file carries the SHA-256 of itself, at a fixed place, taken with zeros in that place:
 * so every byte counts, header and names included.
 */
export const SEAL_PREFIX = '{"__metadata__":{"sha256":"';
/** Where the 64 digits stand in the file: behind the header's length and the prefix. */
export const SEAL_OFFSET: number = 8 + SEAL_PREFIX.length;
/** What stands there while the hash is taken. */
export const UNSEALED: string = "0".repeat(64);
