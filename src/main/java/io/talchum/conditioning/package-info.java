/**
 * From a request to what the engine takes: its target, chat template, token ids, sampling. Nothing
 * here loads or holds an adapter: that comes after all checks.
 *
 * <p>May import: core, text, adapter. Everything here is immutable; any thread.
 */
@NullMarked
package io.talchum.conditioning;

import org.jspecify.annotations.NullMarked;
