package io.talchum.engine.prefix;

/**
 * The prefix cache since the start.
 *
 * @param limitBytes most it may take; 0 if it is off
 * @param bytes taken now
 * @param hits prompts of which a part was reused
 * @param misses prompts of which nothing was
 * @param reusedTokens prompt tokens that were not read again
 * @param evictions blocks forgotten for newer ones
 */
public record PrefixCacheStats(
    long limitBytes, long bytes, long hits, long misses, long reusedTokens, long evictions) {
  /** Of a cache that is off. */
  public static final PrefixCacheStats OFF = new PrefixCacheStats(0, 0, 0, 0, 0, 0);
}
