package io.talchum.weights.pack;

/**
 * What import did to one matrix.
 *
 * @param name in the package
 * @param sourceType as stored in the source, for example {@code Q4_K}; several are joined by a plus
 * @param format in the package, for example {@code int4+offset} or {@code int8/16} (blocks of 16)
 * @param sourceBytes its size in the source
 * @param bytes its size in the package
 * @param relativeError root of (sum of squared differences / sum of squared weights)
 * @param maxError the largest difference of a weight
 */
public record TensorReport(
    String name,
    String sourceType,
    String format,
    long weights,
    long sourceBytes,
    long bytes,
    double relativeError,
    double maxError) {}
