package io.talchum.api.http;

import io.smallrye.common.annotation.RunOnVirtualThread;
import io.talchum.service.Services;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;

/** Loading and unloading of adapters, with vLLM's bodies and texts. */
@Path("/v1")
@Produces(MediaType.TEXT_PLAIN)
public class AdapterResource {
  private final Services services;

  public AdapterResource(Services services) {
    this.services = services;
  }

  @POST
  @Path("/load_lora_adapter")
  @RunOnVirtualThread
  public String load(byte[] body) {
    Fields fields = RequestFields.LOAD_ADAPTER.check("", JsonBody.parse(body));
    String name = fields.requiredText("lora_name");
    services
        .adapters()
        .load(
            name,
            fields.requiredText("lora_path"),
            fields.text("base_model_name"),
            fields.bool("load_inplace", false));
    return "Success: LoRA adapter '%s' added successfully.".formatted(name);
  }

  @POST
  @Path("/unload_lora_adapter")
  @RunOnVirtualThread
  public String unload(byte[] body) {
    Fields fields = RequestFields.UNLOAD_ADAPTER.check("", JsonBody.parse(body));
    String name = fields.requiredText("lora_name");
    services.adapters().unload(name);
    return "Success: LoRA adapter '%s' removed successfully.".formatted(name);
  }
}
