package io.talchum.conditioning;

import io.talchum.core.ContentHash;
import io.talchum.text.Tokenizer;
import java.time.Instant;

/**
 * The one base model of this process, as request handling sees it.
 *
 * @param vocabSize columns of the logits; token ids of requests lie below it
 * @param contextTokens most tokens of prompt and completion together
 * @param opened when the process took it into service
 */
public record ServedModel(
    String name,
    ContentHash version,
    int vocabSize,
    int contextTokens,
    Tokenizer tokenizer,
    PromptRenderer renderer,
    GenerationDefaults defaults,
    Instant opened) {}
