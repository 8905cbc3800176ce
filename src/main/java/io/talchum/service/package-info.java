/**
 * The use cases, free of any wire format: chat, completion, models, adapters, tokens.
 *
 * <p>May import: everything but model.onnx, api, cli and wiring. Services are immutable and used by
 * any thread; a {@link io.talchum.service.Generation} belongs to the thread that reads it.
 */
@NullMarked
package io.talchum.service;

import org.jspecify.annotations.NullMarked;
