/**
 * Continuous batching on one thread: plan, reserve, run, sample, commit.
 *
 * <p>{@link io.talchum.engine.Engine} is the public face and {@link io.talchum.engine.Intake} what
 * it has accepted (any thread); {@link io.talchum.engine.EngineLoop} is the engine thread, to which
 * {@link io.talchum.engine.EngineCore} belongs with all other mutable state; {@link
 * io.talchum.engine.Scheduler}, {@link io.talchum.engine.StepPlanner} and {@link
 * io.talchum.engine.WaitEstimate} are pure functions.
 *
 * <p>May import core, text, adapter, model.
 */
@NullMarked
package io.talchum.engine;

import org.jspecify.annotations.NullMarked;
