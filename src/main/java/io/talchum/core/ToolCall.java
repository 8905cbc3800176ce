package io.talchum.core;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A call that an earlier answer made, for templates that show it.
 *
 * @param id what the tool's message refers to
 * @param arguments JSON values as String, Number, Boolean, List, Map and null, in their order
 */
public record ToolCall(@Nullable String id, String name, Map<String, ?> arguments) {}
