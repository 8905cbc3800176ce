package io.talchum.api.http;

import io.smallrye.common.annotation.NonBlocking;
import io.talchum.api.connection.ClientDeparture;
import io.talchum.service.ChatService;
import io.talchum.service.Generation;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.Response;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/chat/completions}. */
@Path("/v1/chat/completions")
public class ChatCompletionResource {
  private final ChatService chat;
  private final AnswerThreads threads;
  private final JsonBodies bodies;

  public ChatCompletionResource(ChatService chat, AnswerThreads threads, JsonBodies bodies) {
    this.chat = chat;
    this.threads = threads;
    this.bodies = bodies;
  }

  @POST
  @NonBlocking
  public CompletionStage<@Nullable Response> chat(byte[] body, @Context RoutingContext context) {
    return threads.run(context, client -> answer(body, context, client));
  }

  private @Nullable Response answer(byte[] body, RoutingContext context, ClientDeparture client) {
    ChatRequestMapper.Mapped asked =
        bodies.read(body, json -> ChatRequestMapper.map(json, Callers.of(context)));
    Generation answer = chat.chat(asked.request());
    AnswerJson json =
        new ChatJson(answer, Boolean.TRUE.equals(asked.request().sampling().logprobs()));
    return new AnswerSender(context, client, answer, json).send(asked.stream());
  }
}
