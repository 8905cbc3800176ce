package io.talchum.api.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.talchum.service.AdapterService;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.jspecify.annotations.Nullable;

/** Loading and unloading of adapters, with vLLM's bodies and texts. */
@Path("/v1")
@Produces(MediaType.TEXT_PLAIN)
public class AdapterResource {
  private final AdapterService adapters;
  private final JsonBodies bodies;

  public AdapterResource(AdapterService adapters, JsonBodies bodies) {
    this.adapters = adapters;
    this.bodies = bodies;
  }

  private record Load(String name, String path, @Nullable String base, boolean inPlace) {
    static Load of(ObjectNode json) {
      Fields fields = RequestFields.LOAD_ADAPTER.check("", json);
      return new Load(
          fields.requiredText("lora_name"),
          fields.requiredText("lora_path"),
          fields.text("base_model_name"),
          fields.bool("load_inplace", false));
    }
  }

  @POST
  @Path("/load_lora_adapter")
  @RunOnVirtualThread
  public String load(byte[] body) {
    Load load = bodies.read(body, Load::of);
    adapters.load(load.name(), load.path(), load.base(), load.inPlace());
    return "Success: LoRA adapter '%s' added successfully.".formatted(load.name());
  }

  @POST
  @Path("/unload_lora_adapter")
  @RunOnVirtualThread
  public String unload(byte[] body) {
    String name =
        bodies.read(
            body, json -> RequestFields.UNLOAD_ADAPTER.check("", json).requiredText("lora_name"));
    adapters.unload(name);
    return "Success: LoRA adapter '%s' removed successfully.".formatted(name);
  }
}
