/**
 * {@code ./talchum chat}: a conversation with a running server, in the terminal or piped in.
 *
 * <p>May import: core, cli. Runs on the main thread; only Ctrl-C comes from another one.
 */
@NullMarked
package io.talchum.cli.chat;

import org.jspecify.annotations.NullMarked;
