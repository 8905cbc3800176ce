/**
 * Keys and values of prompts' beginnings, kept in host memory and reused by later requests.
 *
 * <p>{@link io.talchum.engine.prefix.BlockTable} says which blocks there are and which is forgotten
 * next; {@link io.talchum.engine.prefix.PrefixCache} adds the memory and copies between it and the
 * KV slots. All of it belongs to the engine thread.
 *
 * <p>May import core, text, adapter, model.
 */
@NullMarked
package io.talchum.engine.prefix;

import org.jspecify.annotations.NullMarked;
