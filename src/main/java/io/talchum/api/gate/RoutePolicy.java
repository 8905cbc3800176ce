package io.talchum.api.gate;

import static io.talchum.api.gate.Access.ADMIN;
import static io.talchum.api.gate.Access.INFERENCE;
import static io.talchum.api.gate.Access.METRICS;
import static io.talchum.api.gate.Access.OPEN;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Every route that exists, and who may use it. What is not here is not served: a route that is
 * added needs a row.
 */
public final class RoutePolicy {
  private static final long SMALL = 64 << 10;
  private static final long TINY = 4 << 10;
  private static final long PIECE = 4 << 20;
  private static final long BODY = Long.MAX_VALUE;

  public static final List<HttpRoute> HTTP =
      List.of(
          HttpRoute.get("/health", OPEN),
          HttpRoute.get("/version", INFERENCE),
          HttpRoute.get("/openapi", INFERENCE),
          HttpRoute.get("/metrics", METRICS),
          HttpRoute.get("/v1/models", INFERENCE),
          HttpRoute.get("/v1/models/**", INFERENCE),
          HttpRoute.post("/v1/chat/completions", INFERENCE),
          HttpRoute.post("/v1/completions", INFERENCE),
          HttpRoute.post("/tokenize", INFERENCE),
          HttpRoute.post("/detokenize", INFERENCE),
          HttpRoute.get("/tokenizer_info", INFERENCE),
          HttpRoute.post("/v1/load_lora_adapter", ADMIN),
          HttpRoute.post("/v1/unload_lora_adapter", ADMIN),
          HttpRoute.get("/v1/adapters", ADMIN),
          new HttpRoute("POST", "/v1/adapters", ADMIN, HttpRoute.Body.UPLOAD),
          HttpRoute.get("/v1/adapters/{name}", ADMIN),
          new HttpRoute("DELETE", "/v1/adapters/{name}", ADMIN, HttpRoute.Body.NONE),
          HttpRoute.post("/v1/adapters/{name}/activate", ADMIN),
          HttpRoute.post("/v1/adapters/{name}/rollback", ADMIN),
          HttpRoute.post("/v1/adapters/{name}/pin", ADMIN),
          HttpRoute.post("/v1/adapters/{name}/mix", ADMIN),
          new HttpRoute(
              "DELETE", "/v1/adapters/{name}/versions/{version}", ADMIN, HttpRoute.Body.NONE));

  public static final List<GrpcRoute> GRPC =
      List.of(
          GrpcRoute.of("grpc.health.v1.Health/Check", OPEN, TINY),
          GrpcRoute.of("grpc.health.v1.Health/Watch", OPEN, TINY),
          new GrpcRoute("grpc.reflection.v1.ServerReflection/*", INFERENCE, SMALL, true),
          new GrpcRoute("grpc.reflection.v1alpha.ServerReflection/*", INFERENCE, SMALL, true),
          GrpcRoute.of("talchum.v1.ChatService/*", INFERENCE, BODY),
          GrpcRoute.of("talchum.v1.CompletionService/*", INFERENCE, BODY),
          GrpcRoute.of("talchum.v1.TokenizeService/*", INFERENCE, BODY),
          GrpcRoute.of("talchum.v1.ModelService/*", INFERENCE, SMALL),
          GrpcRoute.of("talchum.v1.AdapterService/UploadAdapter", ADMIN, PIECE),
          GrpcRoute.of("talchum.v1.AdapterService/*", ADMIN, SMALL));

  private static final Map<String, List<HttpRoute>> PLAIN =
      HTTP.stream().filter(r -> !r.isTemplate()).collect(Collectors.groupingBy(HttpRoute::path));
  private static final Map<Pattern, List<HttpRoute>> TEMPLATES = templates();
  private static final Map<String, GrpcRoute> METHODS =
      GRPC.stream().collect(Collectors.toMap(GrpcRoute::method, route -> route));

  private RoutePolicy() {}

  private static Map<Pattern, List<HttpRoute>> templates() {
    Map<Pattern, List<HttpRoute>> templates = new HashMap<>();
    HTTP.stream()
        .filter(HttpRoute::isTemplate)
        .collect(Collectors.groupingBy(HttpRoute::pattern))
        .forEach((pattern, routes) -> templates.put(Pattern.compile(pattern), routes));
    return Map.copyOf(templates);
  }

  /** The routes of a normalized path, by method; none if it is not served. */
  public static List<HttpRoute> at(String path) {
    String asked =
        path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    List<HttpRoute> plain = PLAIN.get(asked);
    if (plain != null) {
      return plain;
    }
    return TEMPLATES.entrySet().stream()
        .filter(template -> template.getKey().matcher(asked).matches())
        .findFirst()
        .map(Map.Entry::getValue)
        .orElse(List.of());
  }

  /** A method by its full name {@code SERVICE/METHOD}; null if it is not served. */
  public static @Nullable GrpcRoute method(String fullName) {
    GrpcRoute exact = METHODS.get(fullName);
    return exact != null
        ? exact
        : METHODS.get(fullName.substring(0, fullName.lastIndexOf('/') + 1) + "*");
  }
}
