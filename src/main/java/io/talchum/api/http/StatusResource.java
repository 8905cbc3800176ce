package io.talchum.api.http;

import io.talchum.core.ServeException;
import io.talchum.service.StatusService;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import java.util.Map;
import org.eclipse.microprofile.config.inject.ConfigProperty;

/** {@code GET /health} and {@code GET /version}. */
@Path("/")
@Produces(MediaType.APPLICATION_JSON)
public class StatusResource {
  private final StatusService status;
  private final String version;

  public StatusResource(
      StatusService status, @ConfigProperty(name = "quarkus.application.version") String version) {
    this.status = status;
    this.version = version;
  }

  /**
   * The answer of {@code GET /version}.
   *
   * @param products how quantized matrices are multiplied
   */
  record Version(String version, String products) {}

  /**
   * Whether requests are served.
   *
   * @throws ServeException ENGINE_UNHEALTHY, SHUTTING_DOWN
   */
  @GET
  @Path("/health")
  public byte[] health() {
    status.check();
    return Json.bytes(Map.of("status", "ok"));
  }

  @GET
  @Path("/version")
  public byte[] version() {
    return Json.bytes(new Version(version, status.products()));
  }
}
