package io.talchum.api.http;

import io.talchum.api.connection.ClientDeparture;
import io.talchum.service.Choice;
import io.talchum.service.Generation;
import io.vertx.core.AsyncResult;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends a generation as one JSON document or as server-sent events. A client that goes away cancels
 * it. Runs on the request's virtual thread, which waits for the end.
 */
final class AnswerSender {
  private final RoutingContext context;
  private final Arrival arrival;
  private final ClientDeparture client;
  private final Generation generation;
  private final AnswerJson json;

  AnswerSender(
      RoutingContext context, ClientDeparture client, Generation generation, AnswerJson json) {
    this.context = context;
    this.arrival = Arrival.of(context);
    this.client = client;
    this.generation = generation;
    this.json = json;
  }

  /** The response; null if it has been written already. */
  @Nullable Response send(StreamChoice stream) {
    try (generation) {
      context.addEndHandler(this::ended);
      return stream.stream() ? stream(stream) : whole();
    }
  }

  private Response whole() {
    client.then(generation::cancel);
    List<Choice> choices = generation.await();
    return Response.ok(json.whole(choices), MediaType.APPLICATION_JSON_TYPE)
        .header("x-request-id", generation.id())
        .header("x-talchum-model", generation.versions().exactName())
        .build();
  }

  private @Nullable Response stream(StreamChoice stream) {
    EventStream events =
        new EventStream(arrival.eventLoop(), context.response(), client, generation, json, stream);
    client.then(events::close);
    events.run();
    return null;
  }

  /** The last byte is on its way, or the client has gone away. */
  private void ended(AsyncResult<Void> sent) {
    if (sent.succeeded()) {
      generation.delivered(arrival.at());
    }
  }
}
