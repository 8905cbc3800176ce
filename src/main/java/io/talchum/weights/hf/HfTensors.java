package io.talchum.weights.hf;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ErrorCode;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.weights.MappedFile;
import io.talchum.weights.TextFiles;
import io.talchum.weights.block.BlockType;
import io.talchum.weights.checkpoint.ModelTensors;
import io.talchum.weights.checkpoint.SourceTensor;
import io.talchum.weights.checkpoint.TensorPlace;
import io.talchum.weights.safetensors.SafetensorsFile;
import io.talchum.weights.safetensors.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntUnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The safetensors of a Hugging Face folder, one file or shards with an index; all mapped. */
final class HfTensors implements AutoCloseable {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";
  private static final int MAX_SHARDS = 10_000;
  private static final Pattern PICKLE = Pattern.compile(".*\\.(bin|pt|pth|ckpt|pkl|pickle)");

  /** Buffers that old checkpoints carry and nothing reads. */
  private static final Pattern HARMLESS =
      Pattern.compile("model\\.layers\\.\\d+\\.self_attn\\.rotary_emb\\.inv_freq");

  /** Before the names of a text model that lies beside a vision tower. */
  private static final String BESIDE_VISION = "language_model.";

  private static final Pattern VISION =
      Pattern.compile("(vision_tower|multi_modal_projector)\\..*");

  private final List<SafetensorsFile> files = new ArrayList<>();
  private final Map<String, SafetensorsFile> fileOf = new LinkedHashMap<>();

  private HfTensors() {}

  static HfTensors open(Path folder) {
    HfTensors tensors = new HfTensors();
    try {
      if (Files.exists(folder.resolve(INDEX))) {
        tensors.openShards(folder);
      } else if (Files.exists(folder.resolve(SINGLE))) {
        tensors.add(SafetensorsFile.open(folder.resolve(SINGLE)));
      } else {
        throw noWeights(folder);
      }
      return tensors;
    } catch (RuntimeException e) {
      tensors.close();
      throw e;
    }
  }

  private void openShards(Path folder) {
    ObjectNode index = new TextFiles(folder).requireJson(INDEX);
    JsonNode map = index.get("weight_map");
    if (map == null || !map.isObject() || map.isEmpty()) {
      throw TextFiles.refused(INDEX, "has no weight_map");
    }
    Map<String, String> shardOf = new LinkedHashMap<>();
    map.properties().forEach(e -> shardOf.put(e.getKey(), shardName(e.getKey(), e.getValue())));
    Set<String> shards = new TreeSet<>(shardOf.values());
    if (shards.size() > MAX_SHARDS) {
      throw TextFiles.refused(INDEX, "names " + shards.size() + " shards");
    }
    for (String shard : shards) {
      if (!Files.exists(folder.resolve(shard))) {
        throw TextFiles.refused(INDEX, "names the shard " + shard + ", which is not there");
      }
      add(SafetensorsFile.open(folder.resolve(shard)));
    }
    shardOf.forEach(
        (tensor, shard) -> {
          SafetensorsFile file = fileOf.get(tensor);
          if (file == null || !MappedFile.name(file.path()).equals(shard)) {
            throw TextFiles.refused(
                INDEX, "places tensor " + tensor + " in " + shard + ", which does not hold it");
          }
        });
  }

  private static String shardName(String tensor, JsonNode shard) {
    String name = shard.asText();
    if (!shard.isTextual() || !name.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,200}\\.safetensors")) {
      throw TextFiles.refused(
          INDEX, "places tensor " + tensor + " in " + name + ", which is no plain file name");
    }
    return name;
  }

  private void add(SafetensorsFile file) {
    files.add(file);
    for (String name : file.tensors().keySet()) {
      if (fileOf.putIfAbsent(name, file) != null) {
        throw new ServeException(
            ErrorCode.INVALID_MODEL, "tensor " + name + " is in two shards; keep one");
      }
    }
  }

  private static ServeException noWeights(Path folder) {
    String pickles;
    try (Stream<Path> list = Files.list(folder)) {
      pickles =
          String.join(
              ", ",
              list.map(MappedFile::name)
                  .filter(n -> PICKLE.matcher(n).matches())
                  .sorted()
                  .toList());
    } catch (IOException e) {
      return new ServeException(
          ErrorCode.INVALID_MODEL, MappedFile.name(folder) + " cannot be listed", e);
    }
    return new ServeException(
        ErrorCode.INVALID_MODEL,
        pickles.isEmpty()
            ? "no model.safetensors or model.safetensors.index.json in the folder"
            : "the folder's weights are pickles (%s), which are never opened; convert them to safetensors"
                .formatted(pickles));
  }

  /**
   * The model's tensors by package name.
   *
   * @throws ServeException INVALID_MODEL, naming a tensor that is missing, left over, or of another
   *     shape or type than the config says
   */
  Map<String, SourceTensor> of(HfConfig config) {
    ModelSpec spec = config.spec();
    HfNames names =
        new HfNames(spec, fileOf.containsKey(BESIDE_VISION + HfNames.EMBED) ? BESIDE_VISION : "");
    Set<String> unused = new HashSet<>(fileOf.keySet());
    Map<String, SourceTensor> tensors = new LinkedHashMap<>();
    ModelTensors.of(spec)
        .forEach(
            (name, shape) -> {
              TensorPlace place = names.of(name, shape.rows());
              float added = isNormWeight(name) ? config.family().normOffset() : 0;
              tensors.put(name, tensor(place, shape, added));
              unused.remove(place.tensor());
            });
    String head = names.prefix() + HfNames.HEAD;
    if (spec.tiedHead() && unused.remove(head)) {
      requireTiedHead(head, names.prefix() + HfNames.EMBED);
    }
    unused.removeIf(name -> HARMLESS.matcher(name).matches());
    if (!names.prefix().isEmpty()) {
      unused.removeIf(name -> VISION.matcher(name).matches());
    }
    if (!unused.isEmpty()) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "tensors that the architecture does not use: "
              + String.join(", ", unused.stream().sorted().limit(5).toList()));
    }
    return tensors;
  }

  private static boolean isNormWeight(String name) {
    return name.endsWith("norm");
  }

  private void requireTiedHead(String headName, String embedName) {
    SafetensorsFile head = java.util.Objects.requireNonNull(fileOf.get(headName));
    SafetensorsFile embed = fileOf.get(embedName);
    if (embed == null || head.data(headName).mismatch(embed.data(embedName)) != -1) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "config.json says tie_word_embeddings, but lm_head.weight differs from"
              + " model.embed_tokens.weight; set it to false or remove lm_head.weight");
    }
  }

  private SourceTensor tensor(TensorPlace place, ModelTensors.Shape shape, float added) {
    String hubName = place.tensor();
    @Nullable SafetensorsFile file = fileOf.get(hubName);
    if (file == null) {
      throw new ServeException(ErrorCode.INVALID_MODEL, "tensor " + hubName + " is missing");
    }
    TensorInfo info = file.tensor(hubName);
    List<Long> expected =
        shape.columns() == 1
            ? List.of((long) place.rows())
            : List.of((long) place.rows(), (long) shape.columns());
    if (!info.shape().equals(expected)) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "tensor %s has shape %s; config.json asks for %s"
              .formatted(hubName, info.shape(), expected));
    }
    BlockType type =
        switch (info.dtype()) {
          case F32 -> BlockType.F32;
          case F16 -> BlockType.F16;
          case BF16 -> BlockType.BF16;
          case F64, I64, I32, I16, I8, U64, U32, U16, U8, F8_E4M3, F8_E5M2, BOOL ->
              throw new ServeException(
                  ErrorCode.INVALID_MODEL,
                  "tensor %s has dtype %s; supported: F32, F16, BF16"
                      .formatted(hubName, info.dtype()));
        };
    long rowBytes = type.rowBytes(shape.columns());
    return new SourceTensor(
        hubName,
        type,
        shape.rows(),
        shape.columns(),
        file.data(hubName).asSlice(place.firstRow() * rowBytes, shape.rows() * rowBytes),
        IntUnaryOperator.identity(),
        added);
  }

  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }
}
