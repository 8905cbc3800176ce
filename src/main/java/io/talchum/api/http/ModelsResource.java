package io.talchum.api.http;

import io.talchum.service.ModelService;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** {@code GET /v1/models} and {@code GET /v1/models/{id}}. */
@Path("/v1/models")
@Produces(MediaType.APPLICATION_JSON)
public class ModelsResource {
  private final ModelService models;

  public ModelsResource(ModelService models) {
    this.models = models;
  }

  @GET
  public byte[] models() {
    return Json.bytes(
        new ModelDocument.Listing(
            "list", models.models().stream().map(ModelDocument::of).toList()));
  }

  @GET
  @Path("/{id: .+}")
  public byte[] model(@PathParam("id") String id) {
    return Json.bytes(ModelDocument.of(models.model(id)));
  }
}
