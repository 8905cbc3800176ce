package io.talchum.service;

import io.talchum.core.ContentHash;
import java.time.Instant;

/**
 * An adapter of a folder, which requests can use.
 *
 * @param kind {@code peft_type}
 * @param source name of the folder it is read from
 * @param rank largest rank of a module
 * @param modules number of adapted modules
 * @param memoryBytes what it takes when it is loaded; before its first load the size of its tensors
 * @param residentBytes memory that it takes now, 0 if it is not loaded
 * @param leases requests that hold it now
 * @param loadedAt when the folder was read and the version got its name
 */
public record LoadedAdapter(
    String name,
    ContentHash version,
    String kind,
    String source,
    int rank,
    int modules,
    long memoryBytes,
    long residentBytes,
    int leases,
    Instant loadedAt,
    SelfTestCard selfTest) {}
