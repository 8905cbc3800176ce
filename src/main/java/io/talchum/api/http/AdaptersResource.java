package io.talchum.api.http;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.talchum.core.ServeException;
import io.talchum.service.AdapterService;
import io.talchum.service.LoadedAdapter;
import io.talchum.service.Printable;
import io.talchum.service.SavedMixes;
import io.talchum.service.StoredAdapter;
import io.talchum.service.StoredAdapters;
import jakarta.ws.rs.DELETE;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The adapters of the store; {@link AdapterUploads} adds them. */
@Path("/v1/adapters")
@Produces(MediaType.APPLICATION_JSON)
public class AdaptersResource {
  private final AdapterService adapters;
  private final StoredAdapters stored;
  private final SavedMixes mixes;
  private final JsonBodies bodies;

  public AdaptersResource(
      AdapterService adapters, StoredAdapters stored, SavedMixes mixes, JsonBodies bodies) {
    this.adapters = adapters;
    this.stored = stored;
    this.mixes = mixes;
    this.bodies = bodies;
  }

  @GET
  @RunOnVirtualThread
  public byte[] list() {
    return AdapterJson.list(adapters.list(), stored.list());
  }

  @GET
  @Path("/{name}")
  @RunOnVirtualThread
  public byte[] get(@PathParam("name") String name) {
    Optional<LoadedAdapter> loaded = adapters.find(name);
    return loaded.isPresent()
        ? AdapterJson.bytes(loaded.get())
        : AdapterJson.bytes(stored.get(name));
  }

  @POST
  @Path("/{name}/activate")
  @RunOnVirtualThread
  public byte[] activate(@PathParam("name") String name, byte[] body) {
    String version =
        bodies.read(
            body, json -> RequestFields.ACTIVATE_ADAPTER.check("", json).requiredText("version"));
    return json(stored.activate(name, version));
  }

  @POST
  @Path("/{name}/rollback")
  @RunOnVirtualThread
  public byte[] rollBack(@PathParam("name") String name, byte @Nullable [] body) {
    if (body != null && body.length > 0) {
      Fields unused = bodies.read(body, json -> RequestFields.ROLL_BACK_ADAPTER.check("", json));
    }
    return json(stored.rollBack(name));
  }

  @POST
  @Path("/{name}/pin")
  @RunOnVirtualThread
  public byte[] pin(@PathParam("name") String name, byte[] body) {
    boolean pinned =
        bodies.read(body, json -> RequestFields.PIN_ADAPTER.check("", json).bool("pinned", true));
    return json(stored.pin(name, pinned));
  }

  @POST
  @Path("/{name}/mix")
  @RunOnVirtualThread
  public byte[] mix(@PathParam("name") String name, byte[] body) {
    return json(mixes.save(bodies.read(body, json -> MixMapper.saved(name, json))));
  }

  @DELETE
  @Path("/{name}")
  @RunOnVirtualThread
  public byte[] delete(
      @PathParam("name") String name, @QueryParam("when_unused") @Nullable String whenUnused) {
    stored.delete(name, null, flag(whenUnused));
    return deleted(name);
  }

  @DELETE
  @Path("/{name}/versions/{version}")
  @RunOnVirtualThread
  public byte[] delete(
      @PathParam("name") String name,
      @PathParam("version") String version,
      @QueryParam("when_unused") @Nullable String whenUnused) {
    stored.delete(name, version, flag(whenUnused));
    return deleted(name);
  }

  private static byte[] json(StoredAdapter adapter) {
    return AdapterJson.bytes(adapter);
  }

  private static byte[] deleted(String name) {
    return Json.bytes(new Deleted(name, "adapter", true));
  }

  /** The answer to a deletion. */
  record Deleted(String name, String object, boolean deleted) {}

  private static boolean flag(@Nullable String value) {
    return switch (value) {
      case null -> false;
      case "true" -> true;
      case "false" -> false;
      default ->
          throw ServeException.invalid(
              "when_unused",
              "when_unused must be true or false, not '%s'".formatted(Printable.of(value)));
    };
  }
}
