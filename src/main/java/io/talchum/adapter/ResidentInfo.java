package io.talchum.adapter;

/**
 * A version in memory.
 *
 * @param bytes that it takes
 * @param leases requests that hold it now
 */
public record ResidentInfo(AdapterId id, long bytes, int leases) {}
