/**
 * Continuous batching on one thread: plan, reserve, run, sample, commit.
 *
 * <p>{@link io.talchum.engine.Engine} is the public face (any thread); {@link
 * io.talchum.engine.EngineCore} holds all mutable state and belongs to the engine thread; {@link
 * io.talchum.engine.Scheduler} and {@link io.talchum.engine.StepPlanner} are pure functions.
 *
 * <p>May import core, text, adapter, model.
 */
@NullMarked
package io.talchum.engine;

import org.jspecify.annotations.NullMarked;
