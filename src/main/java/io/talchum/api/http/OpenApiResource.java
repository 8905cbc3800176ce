package io.talchum.api.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.talchum.core.ServeException;
import io.talchum.service.Printable;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Request;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.Variant;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /openapi}: the document of this API, kept by hand as {@code openapi.yaml}. It is read
 * when somebody asks for it: no start waits for it.
 */
@Path("/openapi")
public class OpenApiResource {
  private static final Variant YAML = variant(new MediaType("application", "yaml"));
  private static final Variant JSON = variant(MediaType.APPLICATION_JSON_TYPE);

  /**
   * The document in the format that the query asks for, else in the one that the client accepts,
   * else in YAML.
   *
   * @param format {@code yaml} or {@code json}
   * @throws ServeException INVALID_REQUEST for another format
   */
  @GET
  public Response document(
      @QueryParam("format") @Nullable String format, @Context Request request) {
    Variant variant = format == null ? accepted(request) : named(format);
    return Response.ok(variant == JSON ? json() : yaml(), variant.getMediaType())
        .header(HttpHeaders.VARY, HttpHeaders.ACCEPT)
        .build();
  }

  private static Variant accepted(Request request) {
    Variant accepted = request.selectVariant(List.of(YAML, JSON));
    return accepted == null ? YAML : accepted;
  }

  private static Variant named(String format) {
    return switch (format) {
      case "yaml", "YAML" -> YAML;
      case "json", "JSON" -> JSON;
      default ->
          throw ServeException.invalid(
              "format", "format has to be yaml or json, not %s".formatted(Printable.of(format)));
    };
  }

  private static Variant variant(MediaType type) {
    return new Variant(type, (String) null, null);
  }

  private static byte[] json() {
    try {
      ObjectMapper mapper = new ObjectMapper();
      return mapper.writeValueAsBytes(new ObjectMapper(new YAMLFactory()).readTree(yaml()));
    } catch (IOException e) {
      throw new UncheckedIOException("openapi.yaml is not YAML", e);
    }
  }

  private static byte[] yaml() {
    try (InputStream document =
        Objects.requireNonNull(OpenApiResource.class.getResourceAsStream("/openapi.yaml"))) {
      return document.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("openapi.yaml cannot be read", e);
    }
  }
}
