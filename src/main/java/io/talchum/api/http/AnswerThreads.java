package io.talchum.api.http;

import io.quarkus.virtual.threads.VirtualThreads;
import io.talchum.api.connection.ClientDeparture;
import io.vertx.ext.web.RoutingContext;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs requests whose body has been read, each on a virtual thread of its own. The framework's way
 * there reads the body from the virtual thread, with several hand-overs to the event loop and back.
 */
@Singleton
public class AnswerThreads {
  private final ExecutorService threads;

  public AnswerThreads(@VirtualThreads ExecutorService threads) {
    this.threads = threads;
  }

  /**
   * Starts the work and returns; on the event loop.
   *
   * @param work is told when its client goes away, from now until it returns
   */
  CompletionStage<@Nullable Response> run(
      RoutingContext context, Function<ClientDeparture, @Nullable Response> work) {
    ClientDeparture client = ClientDeparture.of(context.request());
    Supplier<@Nullable Response> answer =
        () -> {
          try (client) {
            return work.apply(client);
          }
        };
    return CompletableFuture.supplyAsync(answer, threads);
  }
}
