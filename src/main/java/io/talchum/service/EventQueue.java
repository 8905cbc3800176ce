package io.talchum.service;

import io.talchum.core.ServeException;
import io.talchum.engine.GenerationResult;
import io.talchum.engine.GenerationSink;
import io.talchum.engine.TokenEvent;
import io.talchum.engine.TokenLogprob;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * Hands a request's events from the engine thread to its reader. Never longer than the tokens the
 * request may generate, so a slow reader cannot hold up the engine.
 */
final class EventQueue {
  /** An event of one choice, as the engine reported it. */
  sealed interface Item {
    int index();
  }

  record Scored(int index, List<TokenLogprob> prompt) implements Item {}

  record Generated(int index, TokenEvent event) implements Item {}

  record Finished(int index, GenerationResult result) implements Item {}

  record Failed(int index, ServeException error) implements Item {}

  private final BlockingQueue<Item> items = new LinkedBlockingQueue<>();

  Item take() throws InterruptedException {
    return items.take();
  }

  /** Where the engine reports the choice. */
  GenerationSink sink(int index) {
    return new GenerationSink() {
      @Override
      public void onPrompt(List<TokenLogprob> prompt) {
        items.add(new Scored(index, prompt));
      }

      @Override
      public void onToken(TokenEvent event) {
        items.add(new Generated(index, event));
      }

      @Override
      public void onFinish(GenerationResult result) {
        items.add(new Finished(index, result));
      }

      @Override
      public void onError(ServeException error) {
        items.add(new Failed(index, error));
      }
    };
  }
}
