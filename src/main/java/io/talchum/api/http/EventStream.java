package io.talchum.api.http;

import io.talchum.api.connection.ClientDeparture;
import io.talchum.core.ServeException;
import io.talchum.service.Generation;
import io.talchum.service.GenerationEvent;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Writes a generation as server-sent events, on the event loop of its connection, so that a token
 * wakes one thread and events that are ready together are one write. Stops reading while the
 * client's buffer is full. The fields belong to the event loop.
 */
final class EventStream {
  private static final byte[] DONE = "data: [DONE]\n\n".getBytes(StandardCharsets.US_ASCII);

  private final Context eventLoop;
  private final HttpServerResponse response;
  private final ClientDeparture client;
  private final Generation generation;
  private final AnswerJson json;
  private final StreamChoice stream;
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private boolean isStarted;
  private boolean isFirst = true;

  EventStream(
      Context eventLoop,
      HttpServerResponse response,
      ClientDeparture client,
      Generation generation,
      AnswerJson json,
      StreamChoice stream) {
    this.eventLoop = eventLoop;
    this.response = response;
    this.client = client;
    this.generation = generation;
    this.json = json;
    this.stream = stream;
  }

  /**
   * Returns when everything is on its way or the client has gone away. Not for the event loop.
   *
   * @throws ServeException if it failed before the first event, so that it gets its own status
   */
  void run() {
    generation.whenReady(this::wake);
    try {
      ended.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof ServeException refused) {
        throw refused;
      }
      throw e;
    }
  }

  /** The client has gone away. */
  void close() {
    generation.cancel();
    ended.complete(null);
  }

  private void wake() {
    eventLoop.runOnContext(unused -> write());
  }

  private void write() {
    if (ended.isDone()) {
      return;
    }
    try {
      writeReady();
    } catch (RuntimeException e) {
      generation.cancel();
      ended.completeExceptionally(e);
    }
  }

  private void writeReady() {
    Buffer out = Buffer.buffer(512);
    try {
      for (GenerationEvent e = generation.poll(); e != null; e = generation.poll()) {
        start(out);
        append(out, json.delta(e));
      }
    } catch (ServeException e) {
      if (!isStarted) {
        throw e;
      }
      end(out.appendBytes(Json.event(ErrorJson.document(e))));
      return;
    }
    if (generation.hasEnded()) {
      start(out);
      if (stream.includeUsage()) {
        out.appendBytes(json.usageChunk());
      }
      end(out.appendBytes(DONE));
      return;
    }
    if (out.length() > 0) {
      response.write(out);
    }
    if (response.writeQueueFull()) {
      response.drainHandler(unused -> write());
    } else {
      generation.whenReady(this::wake);
    }
  }

  private void start(Buffer out) {
    if (isStarted) {
      return;
    }
    isStarted = true;
    response
        .putHeader("Content-Type", "text/event-stream; charset=utf-8")
        .putHeader("Cache-Control", "no-cache")
        .putHeader("X-Accel-Buffering", "no")
        .putHeader("x-request-id", generation.id())
        .putHeader("x-talchum-model", generation.versions().exactName())
        .setChunked(true);
    json.opening().forEach(opening -> append(out, opening));
  }

  private void append(Buffer out, Object choice) {
    out.appendBytes(json.chunk(choice, isFirst, stream));
    isFirst = false;
  }

  private void end(Buffer last) {
    client.close();
    response.end(last).onComplete(unused -> ended.complete(null));
  }
}
