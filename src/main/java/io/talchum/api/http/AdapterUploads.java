package io.talchum.api.http;

import io.quarkus.vertx.http.runtime.filters.Filters;
import io.quarkus.virtual.threads.VirtualThreads;
import io.talchum.api.gate.GateLimits;
import io.talchum.api.gate.HttpRoute;
import io.talchum.api.gate.RoutePolicy;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.AdapterUpload;
import io.talchum.service.Printable;
import io.talchum.service.StoredAdapter;
import io.talchum.service.StoredAdapters;
import io.talchum.service.TarArchive;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/adapters}: an adapter's folder as multipart or tar. Takes the body as it comes,
 * past the limits of other bodies.
 */
@Singleton
public class AdapterUploads {
  /** After the gate, before what reads bodies. */
  private static final int PRIORITY = 900;

  private static final Logger LOG = Logger.getLogger(AdapterUploads.class);
  private static final Set<String> FIELDS = Set.of("name", "base", "activate");

  /** What may come beside the files themselves: boundaries, headers, padding. */
  private static final long FRAMING_BYTES = 4 << 20;

  /** Read and thrown away after a refusal, so that the client reads the answer. */
  private static final long DISCARDED_BYTES = 8 << 20;

  private final StoredAdapters stored;
  private final GateLimits limits;
  private final ExecutorService threads;

  public AdapterUploads(
      StoredAdapters stored, GateLimits limits, @VirtualThreads ExecutorService threads) {
    this.stored = stored;
    this.limits = limits;
    this.threads = threads;
  }

  void install(@Observes Filters filters) {
    filters.register(this::handle, PRIORITY);
  }

  private static boolean isUpload(RoutingContext context) {
    String method = context.request().method().name();
    return RoutePolicy.at(context.normalizedPath()).stream()
        .anyMatch(route -> route.body() == HttpRoute.Body.UPLOAD && route.takes(method));
  }

  private void handle(RoutingContext context) {
    if (!isUpload(context)) {
      context.next();
      return;
    }
    HttpServerRequest request = context.request();
    AdapterUpload upload;
    try {
      upload = stored.upload();
    } catch (ServeException e) {
      Refusal.send(request, e);
      return;
    }
    BodyStream body =
        new BodyStream(
            context.vertx(), request, upload.maxBytes() + FRAMING_BYTES, limits.bodyTimeout());
    if ("100-continue".equalsIgnoreCase(request.getHeader("Expect"))) {
      context.response().writeContinue();
    }
    request.resume();
    Context loop = context.vertx().getOrCreateContext();
    String type = request.getHeader("Content-Type");
    Map<String, String> query = query(request);
    threads.execute(
        () -> {
          try (upload) {
            StoredAdapter added = add(type, query, body, upload);
            answer(loop, request, AdapterJson.bytes(added));
          } catch (ServeException e) {
            discard(body);
            answer(loop, request, e);
          } catch (IOException e) {
            answer(
                loop,
                request,
                new ServeException(ErrorCode.INVALID_REQUEST, "the body cannot be read", e));
          } catch (RuntimeException | Error e) {
            answer(
                loop,
                request,
                new ServeException(ErrorCode.INTERNAL, "the server has a defect; see its log", e));
          }
        });
  }

  private static Map<String, String> query(HttpServerRequest request) {
    Map<String, String> fields = new HashMap<>();
    request.params().forEach(entry -> fields.put(entry.getKey(), entry.getValue()));
    return fields;
  }

  private StoredAdapter add(
      @Nullable String type, Map<String, String> query, InputStream body, AdapterUpload upload)
      throws IOException {
    String kind = type == null ? "" : type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    Map<String, String> fields = new HashMap<>(query);
    checked(fields); // before the files are there
    switch (kind) {
      case "multipart/form-data" ->
          fields.putAll(MultipartBody.read(String.valueOf(type), body, upload));
      case "application/x-tar", "application/tar" -> TarArchive.unpack(body, false, upload);
      case "application/gzip", "application/x-gzip" -> TarArchive.unpack(body, true, upload);
      default ->
          throw new ServeException(
              ErrorCode.INVALID_REQUEST,
              "the body's type is '%s'; send multipart/form-data, application/x-tar or application/gzip"
                  .formatted(Printable.of(kind)));
    }
    checked(fields);
    String name = fields.get("name");
    if (name == null) {
      throw ServeException.invalid("name", "name is missing; say the adapter's name");
    }
    return upload.finish(name, fields.get("base"), flag(fields.get("activate")));
  }

  private static void checked(Map<String, String> fields) {
    for (String name : fields.keySet()) {
      if (!FIELDS.contains(name)) {
        throw ServeException.of(
            ErrorCode.UNSUPPORTED,
            Printable.of(name),
            "%s is not a field of this request; it takes name, base, activate and files"
                .formatted(Printable.of(name)));
      }
    }
  }

  private static boolean flag(@Nullable String activate) {
    return switch (activate) {
      case null -> true;
      case "true" -> true;
      case "false" -> false;
      default ->
          throw ServeException.invalid(
              "activate",
              "activate must be true or false, not '%s'".formatted(Printable.of(activate)));
    };
  }

  private static void discard(BodyStream body) {
    byte[] piece = new byte[1 << 16];
    try {
      long left = DISCARDED_BYTES;
      for (int read = body.read(piece); read >= 0 && left > 0; read = body.read(piece)) {
        left -= read;
      }
    } catch (IOException | ServeException e) {
      LOG.debug("the rest of a refused body cannot be read", e);
    }
  }

  private static void answer(Context loop, HttpServerRequest request, ServeException error) {
    if (error.code() == ErrorCode.INTERNAL) {
      LOG.error("an upload failed", error);
    }
    loop.runOnContext(unused -> Refusal.send(request, error));
  }

  private static void answer(Context loop, HttpServerRequest request, byte[] body) {
    HttpServerResponse response = request.response();
    loop.runOnContext(
        unused -> {
          if (!response.closed() && !response.ended()) {
            response
                .putHeader("Content-Type", "application/json")
                .end(Buffer.buffer(body))
                .onComplete(sent -> endUnread(request));
          }
        });
  }

  /** What follows the files is not read. */
  private static void endUnread(HttpServerRequest request) {
    if (!request.isEnded()) {
      Refusal.end(request);
    }
  }
}
