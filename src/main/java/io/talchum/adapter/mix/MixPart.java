package io.talchum.adapter.mix;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterId;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * An adapter version of a mix.
 *
 * @param weight finite
 * @param content reads it; what it gives has the id's version
 * @param residentBytes that it takes when it is loaded alone
 */
public record MixPart(
    AdapterId id, double weight, Supplier<AdapterContent> content, LongSupplier residentBytes) {}
