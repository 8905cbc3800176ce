import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/**
 * Uploads random LoRA adapters on q_proj and v_proj to a running server:
 *
 * <pre>java loadtests/RandomAdapters.java URL COUNT RANK LAYERS HIDDEN KV_WIDTH</pre>
 *
 * For the demo model 5 192 64; for SmolLM2-135M 30 576 192. Names are r0000, r0001 ...
 */
public final class RandomAdapters {
  private static final String LIMIT = "talchum-limit";

  public static void main(String[] args) throws Exception {
    URI url = URI.create(args[0] + "/v1/adapters");
    int count = Integer.parseInt(args[1]);
    int rank = Integer.parseInt(args[2]);
    int layers = Integer.parseInt(args[3]);
    int hidden = Integer.parseInt(args[4]);
    int kv = Integer.parseInt(args[5]);
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (int i = 0; i < count; i++) {
        String name = "r%04d".formatted(i);
        HttpRequest request =
            HttpRequest.newBuilder(url)
                .header("Content-Type", "multipart/form-data; boundary=" + LIMIT)
                .POST(
                    HttpRequest.BodyPublishers.ofByteArray(
                        form(name, config(rank), weights(i, rank, layers, hidden, kv))))
                .build();
        HttpResponse<String> response =
            client.send(request, HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() != 200) {
          throw new IOException(name + ": " + response.statusCode() + " " + response.body());
        }
        if ((i + 1) % 100 == 0) {
          System.out.println((i + 1) + " of " + count);
        }
      }
    }
  }

  private static byte[] form(String name, byte[] config, byte[] weights) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    part(out, "name\"", name.getBytes(StandardCharsets.UTF_8));
    part(out, "files\"; filename=\"adapter_config.json\"", config);
    part(out, "files\"; filename=\"adapter_model.safetensors\"", weights);
    out.writeBytes(("--" + LIMIT + "--\r\n").getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  private static void part(ByteArrayOutputStream out, String name, byte[] content) {
    String head =
        "--" + LIMIT + "\r\nContent-Disposition: form-data; name=\"" + name + "\r\n\r\n";
    out.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    out.writeBytes(content);
    out.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] config(int rank) {
    return """
        {"peft_type": "LORA", "task_type": "CAUSAL_LM", "r": %d, "lora_alpha": %d,
         "target_modules": ["q_proj", "v_proj"], "bias": "none", "inference_mode": true}
        """
        .formatted(rank, 2 * rank)
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Safetensors in F16, values of about 0.02. */
  private static byte[] weights(int seed, int rank, int layers, int hidden, int kv) {
    StringBuilder header = new StringBuilder("{");
    int offset = 0;
    for (int layer = 0; layer < layers; layer++) {
      for (String module : new String[] {"q_proj", "v_proj"}) {
        int out = module.equals("q_proj") ? hidden : kv;
        String path =
            "base_model.model.model.layers." + layer + ".self_attn." + module + ".lora_";
        offset = tensor(header, path + "A.weight", rank, hidden, offset);
        offset = tensor(header, path + "B.weight", out, rank, offset);
      }
    }
    header.setCharAt(header.length() - 1, '}');
    while (header.length() % 8 != 0) {
      header.append(' ');
    }
    byte[] head = header.toString().getBytes(StandardCharsets.UTF_8);
    ByteBuffer file =
        ByteBuffer.allocate(8 + head.length + offset).order(ByteOrder.LITTLE_ENDIAN);
    file.putLong(head.length).put(head);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < offset / 2; i++) {
      file.putShort(Float.floatToFloat16((float) (random.nextDouble() - 0.5) * 0.04f));
    }
    return file.array();
  }

  private static int tensor(StringBuilder header, String name, int rows, int columns, int offset) {
    int end = offset + 2 * rows * columns;
    header.append(
        "\"%s\":{\"dtype\":\"F16\",\"shape\":[%d,%d],\"data_offsets\":[%d,%d]},"
            .formatted(name, rows, columns, offset, end));
    return end;
  }
}
