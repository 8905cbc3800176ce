package io.talchum.api.http;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.Choice;
import io.talchum.service.Generation;
import io.talchum.service.GenerationEvent;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Sends a generation as one JSON document or as server-sent events. A client that goes away cancels
 * it. Runs on the request's virtual thread, which waits whenever the client reads slowly.
 */
final class AnswerSender {
  private static final Logger LOG = Logger.getLogger(AnswerSender.class);
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

  private final RoutingContext context;
  private final Generation generation;
  private final AnswerJson json;

  AnswerSender(RoutingContext context, Generation generation, AnswerJson json) {
    this.context = context;
    this.generation = generation;
    this.json = json;
  }

  /** The response; null if it has been written already. */
  @Nullable Response send(StreamChoice stream) {
    try (generation) {
      HttpServerResponse response = context.response();
      response.closeHandler(closed -> generation.cancel());
      context.addEndHandler(this::ended);
      if (response.closed()) {
        generation.cancel();
      }
      return stream.stream() ? stream(response, stream) : whole();
    }
  }

  /** The last byte is on its way. */
  private void ended(AsyncResult<Void> sent) {
    Instant arrivedAt = Callers.arrivedAt(context);
    if (sent.succeeded() && arrivedAt != null) {
      generation.delivered(arrivedAt);
    }
  }

  private Response whole() {
    List<Choice> choices = generation.await();
    return Response.ok(json.whole(choices), MediaType.APPLICATION_JSON_TYPE)
        .header("x-request-id", generation.id())
        .header("x-talchum-model", generation.versions().exactName())
        .build();
  }

  /** Until the first event is there, a failure still gets its own status. */
  private @Nullable Response stream(HttpServerResponse response, StreamChoice stream) {
    GenerationEvent event = generation.next();
    response
        .putHeader("Content-Type", "text/event-stream; charset=utf-8")
        .putHeader("Cache-Control", "no-cache")
        .putHeader("X-Accel-Buffering", "no")
        .putHeader("x-request-id", generation.id())
        .putHeader("x-talchum-model", generation.versions().exactName())
        .setChunked(true);
    try {
      events(response, stream, event);
    } catch (ServeException e) {
      if (e.code() != ErrorCode.CANCELLED) {
        write(response, Json.event(out -> ErrorJson.write(out, e)));
      }
    }
    end(response);
    return null;
  }

  private void events(
      HttpServerResponse response, StreamChoice stream, @Nullable GenerationEvent firstEvent) {
    boolean first = true;
    for (Json.Content opening : json.opening()) {
      write(response, json.chunk(opening, first, stream));
      first = false;
    }
    for (GenerationEvent e = firstEvent; e != null; e = generation.next()) {
      GenerationEvent event = e;
      write(response, json.chunk(out -> json.delta(out, event), first, stream));
      first = false;
    }
    if (stream.includeUsage()) {
      write(response, json.usageChunk());
    }
    write(response, DONE);
  }

  /** Waits while the client's buffer is full. */
  private static void write(HttpServerResponse response, byte[] event) {
    Future<Void> written = response.write(Buffer.buffer(event));
    if (response.writeQueueFull() || written.failed()) {
      join(written);
    }
  }

  /**
   * Returns when everything is on its way: Vert.x encodes the head on the event loop, and the
   * framework would still change it.
   */
  private static void end(HttpServerResponse response) {
    if (response.closed()) {
      return;
    }
    try {
      join(response.end());
    } catch (ServeException e) {
      LOG.debugf("the client went away at the end: %s", e.getMessage());
    }
  }

  private static void join(Future<Void> written) {
    try {
      written.toCompletionStage().toCompletableFuture().join();
    } catch (CompletionException e) {
      throw new ServeException(ErrorCode.CANCELLED, "the client went away", e);
    }
  }
}
