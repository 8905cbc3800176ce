import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes adapters of many kinds for a Llama model, random ones, by enlarging adapter folders for the
 * tiny Llama of the test fixtures: layers are repeated, sizes replaced.
 *
 * <pre>java loadtests/KindAdapters.java FIXTURES OUT LAYERS HIDDEN INTERMEDIATE VOCABULARY HEADS KV_HEADS KIND...</pre>
 *
 * For SmolLM2-135M 30 576 1536 49152 9 3. Kinds are names of folders in FIXTURES.
 */
public final class KindAdapters {
  private static final int TINY_LAYERS = 3;
  private static final Pattern TENSOR =
      Pattern.compile("\"([^\"]+)\":\\s*\\{\"dtype\":\\s*\"F32\",\\s*\"shape\":\\s*\\[([0-9, ]*)\\]");
  private static final Pattern INDEX =
      Pattern.compile("((?:layers|down|gate|norm|up1|up2)\\.)(\\d+)(?=\\.|$)");
  private static final Pattern NUMBER =
      Pattern.compile(
          "\"(num_layers|adapter_layers|token_dim|hidden_size|num_attention_heads)\":\\s*(\\d+)");

  /** Names of tensors that multiply. */
  private static final Pattern FACTOR = Pattern.compile("magnitude|ia3_l|norm");

  private record Range(int first, int last) {
    Range with(int index) {
      return new Range(Math.min(first, index), Math.max(last, index));
    }
  }

  private final int layers;
  private final Map<Integer, Integer> sizes;
  private final Map<Integer, Integer> heads;

  private KindAdapters(
      int layers, int hidden, int intermediate, int vocabulary, int heads, int kvHeads) {
    int kv = hidden / heads * kvHeads;
    this.layers = layers;
    this.heads = Map.of(4, heads, 2, kvHeads);
    this.sizes =
        Map.of(
            64, hidden, 32, kv, 160, intermediate, 256, vocabulary, 192, layers * 2 * kv, // prefix
            512, 4 * (hidden + hidden), 384, 4 * (hidden + kv)); // shira
  }

  public static void main(String[] args) throws IOException {
    int[] sizes = Stream.of(args).skip(2).limit(6).mapToInt(Integer::parseInt).toArray();
    KindAdapters target =
        new KindAdapters(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]);
    for (String kind : List.of(args).subList(8, args.length)) {
      Path from = Path.of(args[0], kind);
      try (Stream<Path> files = Files.walk(from)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          Path to = Path.of(args[1], kind).resolve(from.relativize(file));
          target.enlarge(file, to, kind.hashCode());
        }
      }
    }
  }

  private void enlarge(Path from, Path to, long seed) throws IOException {
    String name = from.getFileName().toString();
    if (name.startsWith("golden")) {
      return;
    }
    Files.createDirectories(to.getParent());
    if (name.endsWith(".json")) {
      Files.writeString(to, NUMBER.matcher(Files.readString(from)).replaceAll(this::number));
    } else {
      write(to, tensors(from), new SplittableRandom(seed));
    }
  }

  private String number(MatchResult match) {
    int value = Integer.parseInt(match.group(2));
    int replaced =
        switch (match.group(1)) {
          case "num_layers", "adapter_layers" -> value - TINY_LAYERS + layers;
          case "num_attention_heads" -> heads.get(value);
          default -> sizes.get(value);
        };
    return "\"" + match.group(1) + "\": " + replaced;
  }

  /** Shapes by name. */
  private Map<String, List<Integer>> tensors(Path file) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] header = new byte[(int) bytes.getLong()];
    bytes.get(header);
    Map<String, List<Integer>> templates = new TreeMap<>();
    Map<String, Range> indices = new TreeMap<>();
    Matcher tensor = TENSOR.matcher(new String(header, StandardCharsets.UTF_8));
    while (tensor.find()) {
      Matcher index = INDEX.matcher(tensor.group(1));
      String template = tensor.group(1);
      if (index.find()) {
        int number = Integer.parseInt(index.group(2));
        template = index.replaceFirst("$1#");
        indices.merge(template, new Range(number, number), (a, b) -> a.with(b.first()));
      }
      List<Integer> shape = new ArrayList<>();
      for (String size : tensor.group(2).split(", *")) {
        shape.add(sizes.getOrDefault(Integer.parseInt(size), Integer.parseInt(size)));
      }
      templates.put(template, shape);
    }
    Map<String, List<Integer>> tensors = new TreeMap<>();
    templates.forEach(
        (template, shape) -> {
          Range range = indices.get(template);
          if (range == null) {
            tensors.put(template, shape);
          } else {
            for (int i = range.first(); i <= range.last() - TINY_LAYERS + layers; i++) {
              tensors.put(template.replace("#", "" + i), shape);
            }
          }
        });
    return tensors;
  }

  private static void write(Path file, Map<String, List<Integer>> tensors, SplittableRandom random)
      throws IOException {
    StringBuilder header = new StringBuilder("{");
    long offset = 0;
    for (Map.Entry<String, List<Integer>> tensor : tensors.entrySet()) {
      long end = offset + 4 * count(tensor.getValue());
      header.append(
          "%s\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  offset == 0 ? "" : ",", tensor.getKey(), tensor.getValue(), offset, end));
      offset = end;
    }
    header.append('}').append(" ".repeat((8 - (header.length() + 1) % 8) % 8));
    byte[] head = header.toString().getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(file)) {
      out.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(head.length).array());
      out.write(head);
      for (Map.Entry<String, List<Integer>> tensor : tensors.entrySet()) {
        ByteBuffer data =
            ByteBuffer.allocate((int) (4 * count(tensor.getValue())))
                .order(ByteOrder.LITTLE_ENDIAN);
        float mean = FACTOR.matcher(tensor.getKey()).find() ? 1 : 0;
        while (data.hasRemaining()) {
          data.putFloat(mean + (float) (random.nextDouble() - 0.5) * 0.04f);
        }
        out.write(data.array());
      }
    }
  }

  private static long count(List<Integer> shape) {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
  }
}
