package io.talchum.service;

import io.talchum.core.FinishReason;
import java.util.List;
import java.util.Optional;

/**
 * One whole answer.
 *
 * @param text with the prompt in front if echo was asked for
 * @param reasoning what the model thought before, where its template marks that
 * @param tokens empty unless log-probabilities were asked for; the prompt's first with echo
 */
public record Choice(
    int index,
    String text,
    Optional<String> reasoning,
    List<TokenDetail> tokens,
    FinishReason finishReason,
    Optional<String> stopString) {}
