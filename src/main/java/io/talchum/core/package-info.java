/**
 * Nouns, ids, errors and limits that every other package shares.
 *
 * <p>May import: only the JDK.
 */
@NullMarked
package io.talchum.core;

import org.jspecify.annotations.NullMarked;
