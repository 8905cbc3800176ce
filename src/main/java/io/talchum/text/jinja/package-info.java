/**
 * Jinja templates as transformers runs them (jinja2's immutable sandbox with trim_blocks,
 * lstrip_blocks and loop controls), bounded in steps, memory and depth. A compiled template is
 * immutable and may be used by any thread; a rendering belongs to one thread.
 *
 * <p>May import: core.
 */
@NullMarked
package io.talchum.text.jinja;

import org.jspecify.annotations.NullMarked;
