package io.talchum.api.http;

import io.smallrye.common.annotation.NonBlocking;
import io.talchum.api.connection.ClientDeparture;
import io.talchum.service.CompletionService;
import io.talchum.service.Generation;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/completions}. */
@Path("/v1/completions")
public class CompletionResource {
  private final CompletionService completion;
  private final AnswerThreads threads;
  private final JsonBodies bodies;

  public CompletionResource(
      CompletionService completion, AnswerThreads threads, JsonBodies bodies) {
    this.completion = completion;
    this.threads = threads;
    this.bodies = bodies;
  }

  @POST
  @NonBlocking
  public CompletionStage<@Nullable Response> complete(
      byte[] body, @Context RoutingContext context) {
    return threads.run(context, client -> answer(body, context, client));
  }

  private @Nullable Response answer(byte[] body, RoutingContext context, ClientDeparture client) {
    CompletionRequestMapper.Mapped asked =
        bodies.read(body, json -> CompletionRequestMapper.map(json, Callers.of(context)));
    Generation answer = completion.complete(asked.request());
    AnswerJson json =
        new CompletionJson(answer, Boolean.TRUE.equals(asked.request().sampling().logprobs()));
    return new AnswerSender(context, client, answer, json).send(asked.stream());
  }
}
