/**
 * The commands of {@code ./talchum}: their options, what they print, their exit codes.
 *
 * <p>May import: core, service. Runs on the main thread. Only this package prints.
 */
@NullMarked
package io.talchum.cli;

import org.jspecify.annotations.NullMarked;
