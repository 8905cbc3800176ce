/**
 * The OpenAI-style HTTP surface: wire formats, server-sent events, the table of statuses.
 *
 * <p>May import: core, service. Resources run on virtual threads.
 */
@NullMarked
package io.talchum.api.http;

import org.jspecify.annotations.NullMarked;
