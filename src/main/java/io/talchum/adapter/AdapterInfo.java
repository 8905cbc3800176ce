package io.talchum.adapter;

import java.time.Instant;

/**
 * What the registry tells of a folder's adapter; {@link AdapterCache} knows what is in memory.
 *
 * @param kind {@code peft_type}
 * @param source name of the folder it is read from
 * @param rank largest rank of a module
 * @param modules number of adapted modules
 * @param memoryBytes that it takes when it is loaded; before its first load the size of its tensors
 */
public record AdapterInfo(
    AdapterId id,
    String kind,
    String source,
    int rank,
    int modules,
    long memoryBytes,
    Instant loadedAt) {}
