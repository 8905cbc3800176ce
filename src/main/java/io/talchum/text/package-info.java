/**
 * Tokenizer, vocabulary bytes, incremental detokenizer and chat templates.
 *
 * <p>May import: core.
 */
@NullMarked
package io.talchum.text;

import org.jspecify.annotations.NullMarked;
