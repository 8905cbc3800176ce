/**
 * From a request to what the engine takes: model resolution, chat template, token ids, sampling.
 *
 * <p>May import: core, text, adapter. Everything here is immutable; any thread.
 */
@NullMarked
package io.talchum.conditioning;

import org.jspecify.annotations.NullMarked;
