/**
 * Models of the Hugging Face hub: its local cache, shared with huggingface_hub, and the download
 * into it.
 *
 * <p>May import: core. One thread per download; nothing of a token reaches a message.
 */
@NullMarked
package io.talchum.huggingface;

import org.jspecify.annotations.NullMarked;
