/**
 * {@code ./talchum bench}: drives one server, or two in turn, over streamed {@code /v1/completions}
 * and says how fast they are. No part of the server: a checkout compiles it when it is asked for.
 *
 * <p>May import: core, cli. While a round runs, its threads only read sockets and the clock; what
 * they read is parsed after the round, so that the client takes little of the CPU that it measures.
 */
@NullMarked
package io.talchum.bench;

import org.jspecify.annotations.NullMarked;
