package io.talchum.adapter;

import io.talchum.core.ContentHash;

/**
 * An adapter folder, read and checked against its base.
 *
 * @param kind {@code peft_type}
 * @param version SHA-256 of what the adapter computes: its tensors and the scale of each module
 * @param source name of the folder it was read from
 * @param minRank smallest rank of a module
 * @param maxRank largest rank of a module
 * @param modules number of adapted modules
 * @param bytes size of its tensors in the file
 */
public record AdapterContent(
    String kind,
    ContentHash version,
    String source,
    int minRank,
    int maxRank,
    int modules,
    long bytes,
    AdapterWeights weights) {}
