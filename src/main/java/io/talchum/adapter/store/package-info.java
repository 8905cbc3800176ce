/**
 * Adapter versions on disk, by content, and the names that point to them; whole after a kill at any
 * moment, and safe for several processes at once.
 *
 * <p>May import: core, adapter. Any thread.
 */
@NullMarked
package io.talchum.adapter.store;

import org.jspecify.annotations.NullMarked;
