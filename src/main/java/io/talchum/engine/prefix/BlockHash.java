package io.talchum.engine.prefix;

/**
 * Where to look for a block; equal hashes prove nothing, whoever finds a block compares all of it.
 */
@FunctionalInterface
public interface BlockHash {
  /** Multiplies, then folds the high half: the finalizer of SplitMix64. */
  BlockHash MIXED =
      (parent, origin, tokenIds) -> {
        long hash = mix(parent + origin.hashCode());
        for (int tokenId : tokenIds) {
          hash = mix(hash * 31 + tokenId);
        }
        return hash;
      };

  /**
   * Hash of a chain's next block.
   *
   * @param parent hash of the blocks before it, 0 for none
   */
  long of(long parent, PrefixOrigin origin, int[] tokenIds);

  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
    return b ^ (b >>> 31);
  }
}
