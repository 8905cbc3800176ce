package io.talchum.weights.pack;

import io.talchum.core.ErrorCode;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;
import io.talchum.core.ServeException;
import io.talchum.weights.block.UnpackedBlock;
import io.talchum.weights.checkpoint.ModelTensors;
import io.talchum.weights.quantize.Encoding;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks that a manifest describes the weights.bin beside it and lacks nothing. */
final class PackageCheck {
  static final int FORMAT_VERSION = 2;

  private PackageCheck() {}

  static void check(PackageManifest manifest, long fileBytes) {
    Map<String, PackedTensor> tensors = new HashMap<>();
    for (PackedTensor tensor : manifest.tensors()) {
      if (tensors.put(tensor.name(), tensor) != null) {
        throw refused("lists tensor " + tensor.name() + " twice");
      }
      checkParts(tensor, fileBytes);
    }
    checkComplete(manifest.spec(), tensors);
  }

  private static void checkParts(PackedTensor tensor, long fileBytes) {
    Map<String, Long> expected = partBytes(tensor);
    if (!tensor.parts().keySet().equals(expected.keySet())) {
      throw refused(
          "gives tensor %s the parts %s instead of %s"
              .formatted(tensor.name(), tensor.parts().keySet(), expected.keySet()));
    }
    expected.forEach(
        (name, bytes) -> {
          PackedTensor.Part part = tensor.part(name);
          if (part.length() != bytes
              || part.offset() < 0
              || part.offset() % WeightsWriter.ALIGNMENT != 0
              || part.offset() > fileBytes - bytes) {
            throw refused(
                "places part %s of tensor %s at %d with %d bytes; it needs %d bytes inside the %d of %s; import again"
                    .formatted(
                        name,
                        tensor.name(),
                        part.offset(),
                        part.length(),
                        bytes,
                        fileBytes,
                        PackageFiles.WEIGHTS));
          }
        });
  }

  private static Map<String, Long> partBytes(PackedTensor tensor) {
    int block = tensor.blockSize();
    boolean fits =
        tensor.encoding() == Encoding.F32
            ? block == 0
            : block >= UnpackedBlock.MIN_GROUP
                && block <= UnpackedBlock.MAX_ELEMENTS
                && Integer.bitCount(block) == 1;
    if (tensor.rows() < 1 || tensor.columns() < 1 || !fits) {
      throw refused("gives tensor " + tensor.name() + " an impossible shape or block size");
    }
    long rows = tensor.rows();
    long blocks = rows * tensor.blocksPerRow();
    long quants = blocks * tensor.encoding().quantBytes(block);
    return switch (tensor.encoding()) {
      case F32 -> Map.of("weight", rows * tensor.columns() * 4);
      case INT8, INT4 -> Map.of("quants", quants, "scales", blocks * 4);
      case INT4_OFFSET, INT8_OFFSET ->
          Map.of("quants", quants, "scales", blocks * 4, "offsets", blocks * 4);
    };
  }

  private static void checkComplete(ModelSpec spec, Map<String, PackedTensor> tensors) {
    int used = 0;
    used += require(tensors, ModelTensors.EMBED, spec.vocabSize(), spec.hiddenSize());
    used += requireNorm(spec, tensors, ModelTensors.NORM, spec.hiddenSize());
    if (!spec.tiedHead()) {
      used += require(tensors, ModelTensors.HEAD, spec.vocabSize(), spec.hiddenSize());
    }
    for (int layer = 0; layer < spec.layers(); layer++) {
      for (Norm norm : spec.norms().places()) {
        used += requireNorm(spec, tensors, in(layer, norm.tensor()), spec.size(norm));
      }
      for (PackingPlan.Group group : PackingPlan.Group.values()) {
        List<Linear> members = group.members(spec);
        boolean stacked = tensors.containsKey(in(layer, PackingPlan.nameOf(members)));
        for (List<Linear> unit : stacked ? List.of(members) : PackingPlan.singles(members)) {
          used += requireLinear(spec, tensors, in(layer, PackingPlan.nameOf(unit)), unit);
        }
      }
    }
    if (used != tensors.size()) {
      throw refused("lists %d tensors; its architecture has %d".formatted(tensors.size(), used));
    }
  }

  private static int requireLinear(
      ModelSpec spec, Map<String, PackedTensor> tensors, String name, List<Linear> unit) {
    int rows = unit.stream().mapToInt(spec::outputSize).sum();
    int used = require(tensors, name, rows, spec.inputSize(unit.getFirst()));
    return spec.biases().contains(unit.getFirst())
        ? used + require(tensors, name + ModelTensors.BIAS, rows, 1)
        : used;
  }

  private static int requireNorm(
      ModelSpec spec, Map<String, PackedTensor> tensors, String name, int size) {
    int used = require(tensors, name, size, 1);
    return spec.norms().hasBias()
        ? used + require(tensors, name + ModelTensors.BIAS, size, 1)
        : used;
  }

  private static String in(int layer, String name) {
    return ModelTensors.inLayer(layer, name);
  }

  private static int require(
      Map<String, PackedTensor> tensors, String name, int rows, int columns) {
    PackedTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw refused("lacks tensor " + name);
    }
    if (tensor.rows() != rows || tensor.columns() != columns) {
      throw refused(
          "gives tensor %s the shape [%d, %d] instead of [%d, %d]"
              .formatted(name, tensor.rows(), tensor.columns(), rows, columns));
    }
    return 1;
  }

  private static ServeException refused(String reason) {
    return new ServeException(ErrorCode.INVALID_MODEL, PackageFiles.MANIFEST + " " + reason);
  }
}
