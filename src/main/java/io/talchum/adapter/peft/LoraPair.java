package io.talchum.adapter.peft;

import io.talchum.adapter.BaseModule;
import io.talchum.adapter.folder.AdapterFolder;
import io.talchum.adapter.folder.ConfigFields;
import io.talchum.core.ErrorCode;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.weights.DType;
import io.talchum.weights.TensorInfo;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The two tensors of one adapted module, checked by shape and type.
 *
 * @param a [rank, in]
 * @param b [out, rank]
 * @param scale multiplies B A, finite
 */
record LoraPair(BaseModule module, TensorInfo a, TensorInfo b, int rank, float scale) {
  private static final String PREFIX = "base_model.model.";
  private static final String A = ".lora_A.weight";
  private static final String B = ".lora_B.weight";
  private static final Set<DType> TYPES = Set.of(DType.F32, DType.F16, DType.BF16);

  /**
   * Pairs up the file's tensors, in the order of the modules.
   *
   * @throws ServeException INVALID_ADAPTER naming a tensor that is left over, missing or of the
   *     wrong shape or type
   */
  static List<LoraPair> match(
      Map<String, TensorInfo> tensors,
      Map<String, BaseModule> selected,
      PeftConfig config,
      ModelSpec base) {
    Set<String> consumed = new HashSet<>();
    List<BaseModule> adapted = new ArrayList<>();
    selected.forEach(
        (path, module) -> {
          boolean hasA = tensors.containsKey(PREFIX + path + A);
          boolean hasB = tensors.containsKey(PREFIX + path + B);
          if (hasA && hasB) {
            adapted.add(module);
            consumed.add(PREFIX + path + A);
            consumed.add(PREFIX + path + B);
          }
        });
    requireConsumed(tensors, consumed, selected, base);
    requireComplete(adapted, selected);
    return adapted.stream().map(module -> pair(tensors, module, config, base)).toList();
  }

  private static void requireConsumed(
      Map<String, TensorInfo> tensors,
      Set<String> consumed,
      Map<String, BaseModule> selected,
      ModelSpec base) {
    for (String name : tensors.keySet()) {
      if (!consumed.contains(name)) {
        throw refuse("tensor " + name + " " + whyUnused(name, selected, base));
      }
    }
  }

  private static String whyUnused(String name, Map<String, BaseModule> selected, ModelSpec base) {
    if (!name.startsWith(PREFIX)) {
      return "does not begin with " + PREFIX + ", nothing would use it";
    }
    String rest = name.substring(PREFIX.length());
    if (!rest.endsWith(A) && !rest.endsWith(B)) {
      return "is used by nothing: served are " + A + " and " + B + " of the layers' linears";
    }
    String path = rest.substring(0, rest.length() - A.length());
    if (selected.containsKey(path)) {
      return "has no partner " + path + (rest.endsWith(A) ? B : A);
    }
    if (BaseModule.all(base).containsKey(path)) {
      return "is for a module that " + ConfigFields.FILE + " does not select (target_modules)";
    }
    return "is for a module that is none of the linears in the base's " + base.layers() + " layers";
  }

  private static void requireComplete(List<BaseModule> adapted, Map<String, BaseModule> selected) {
    Set<BaseModule> found = Set.copyOf(adapted);
    selected.forEach(
        (path, module) -> {
          if (!found.contains(module)) {
            throw refuse(
                "target_modules selects " + path + ", but there is no tensor " + PREFIX + path + A);
          }
        });
  }

  private static LoraPair pair(
      Map<String, TensorInfo> tensors, BaseModule module, PeftConfig config, ModelSpec base) {
    TensorInfo a = require(tensors, PREFIX + module.path() + A);
    TensorInfo b = require(tensors, PREFIX + module.path() + B);
    int rank = config.rankOf(module.path());
    requireShape(a, rank, module.inputSize(base), "[r, inputs]");
    requireShape(b, module.outputSize(base), rank, "[outputs, r]");
    float scale = (float) config.scaleOf(module.path());
    if (!Float.isFinite(scale)) {
      throw ConfigFields.refuse(
          "lora_alpha or alpha_pattern makes the scale of " + module.path() + " infinite");
    }
    return new LoraPair(module, a, b, rank, scale);
  }

  private static TensorInfo require(Map<String, TensorInfo> tensors, String name) {
    TensorInfo tensor = tensors.get(name);
    if (tensor == null) {
      throw refuse("tensor " + name + " is missing");
    }
    if (!TYPES.contains(tensor.dtype())) {
      throw refuse(
          "tensor " + name + " has dtype " + tensor.dtype() + "; it has to be F32, F16 or BF16");
    }
    return tensor;
  }

  private static void requireShape(TensorInfo tensor, int rows, int columns, String meaning) {
    if (!tensor.shape().equals(List.of((long) rows, (long) columns))) {
      throw refuse(
          "tensor "
              + tensor.name()
              + " has shape "
              + tensor.shape()
              + ", but the base and the rank r in force ask for "
              + List.of(rows, columns)
              + " "
              + meaning);
    }
  }

  static ServeException refuse(String message) {
    return new ServeException(ErrorCode.INVALID_ADAPTER, AdapterFolder.WEIGHTS + ": " + message);
  }
}
