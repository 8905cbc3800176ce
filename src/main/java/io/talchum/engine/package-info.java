/**
 * Continuous batching on one thread
 *
 * <p>May import: plan, reserve, run, sample, commit.:core, text, constraint, adapter, model.
 */
@NullMarked
package io.talchum.engine;

import org.jspecify.annotations.NullMarked;
