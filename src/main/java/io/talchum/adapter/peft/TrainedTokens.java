package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.EmbeddingRows;
import io.talchum.adapter.FloatValues;
import io.talchum.adapter.HeadRows;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.core.ModelSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Trained rows of the look-up and of the head. PEFT calls them deltas; they are the new rows. On a
 * tied base the rows of the look-up hold for the head too.
 */
final class TrainedTokens {
  private static final String ROWS = "trainable_tokens_delta";
  private static final int MAX_TOKENS = 1 << 20;

  private final String option;
  private final String suffix;
  private final Map<String, int[]> idsOf; // by path

  private TrainedTokens(String option, String suffix, Map<String, int[]> idsOf) {
    this.option = option;
    this.suffix = suffix;
    this.idsOf = idsOf;
  }

  /** The option of a LoRA: a list for the look-up, or lists by module name. */
  static TrainedTokens besideLora(PeftSource source) {
    String option = "trainable_token_indices";
    AdapterConfigFields config = source.config();
    Map<String, int[]> idsOf = new LinkedHashMap<>();
    JsonNode value = config.get(option);
    if (!AdapterConfigFields.isOff(value)) {
      if (value.isObject()) {
        config
            .entries(option, (key, ids) -> tokenIds(key, ids, source.base().spec()))
            .forEach((name, ids) -> idsOf.put(path(option, name), ids));
      } else {
        idsOf.put(ModuleSelection.EMBEDDING, tokenIds(option, value, source.base().spec()));
      }
    }
    return new TrainedTokens(option, "token_adapter." + ROWS, idsOf);
  }

  /** The kind TRAINABLE_TOKENS. */
  static TrainedTokens alone(PeftSource source) {
    String option = "token_indices";
    Map<String, int[]> idsOf = new LinkedHashMap<>();
    int[] ids = tokenIds(option, source.config().get(option), source.base().spec());
    List<String> targets = source.config().texts("target_modules");
    for (String name : targets.isEmpty() ? List.of("embed_tokens") : targets) {
      idsOf.put(path("target_modules", name), ids);
    }
    return new TrainedTokens(option, ROWS, idsOf);
  }

  private static String path(String option, String name) {
    for (String path : List.of(ModuleSelection.EMBEDDING, ModuleSelection.HEAD)) {
      if (path.equals(name) || path.endsWith("." + name)) {
        return path;
      }
    }
    throw AdapterConfigFields.refuse(
        option + " names " + name + "; tokens are trained in embed_tokens and lm_head");
  }

  private static int[] tokenIds(String key, JsonNode list, ModelSpec base) {
    if (!list.isArray() || list.isEmpty() || list.size() > MAX_TOKENS) {
      throw AdapterConfigFields.refuse(
          key
              + " is "
              + AdapterConfigFields.show(list)
              + ", write a list of 1 to 1048576 token ids");
    }
    int[] ids = new int[list.size()];
    TreeSet<Integer> distinct = new TreeSet<>();
    for (int i = 0; i < ids.length; i++) {
      ids[i] = AdapterConfigFields.whole(key, list.get(i), 0, base.vocabSize() - 1);
      if (!distinct.add(ids[i])) {
        throw AdapterConfigFields.refuse(key + " names token " + ids[i] + " twice");
      }
    }
    return ids;
  }

  boolean owns(String path) {
    return idsOf.keySet().stream().anyMatch(module -> path.startsWith(module + "."))
        || path.startsWith(ModuleSelection.HEAD + ".") && !idsOf.isEmpty();
  }

  List<AdapterPrimitive> primitives(PeftSource source) {
    List<AdapterPrimitive> primitives = new ArrayList<>();
    ModelSpec spec = source.base().spec();
    idsOf.forEach(
        (path, ids) -> {
          FloatValues rows = rows(source, path, ids);
          if (path.equals(ModuleSelection.HEAD)) {
            primitives.add(new HeadRows(ids, rows));
            return;
          }
          primitives.add(new EmbeddingRows(ids, rows));
          if (spec.tiedHead() && !idsOf.containsKey(ModuleSelection.HEAD)) {
            requireSameCopy(source, ids, rows);
            primitives.add(new HeadRows(ids, rows));
          }
        });
    return primitives;
  }

  private FloatValues rows(PeftSource source, String path, int[] ids) {
    return source
        .tensors()
        .storedMatrix(
            PeftSource.name(path, suffix),
            ids.length,
            source.base().spec().hiddenSize(),
            "[" + option + ", hidden]")
        .values();
  }

  /** A tied head's rows are saved too, or not; they are those of the look-up. */
  private void requireSameCopy(PeftSource source, int[] ids, FloatValues rows) {
    String copy = PeftSource.name(ModuleSelection.HEAD, suffix);
    if (source.tensors().has(copy) && !rows(source, ModuleSelection.HEAD, ids).isSame(rows)) {
      throw source
          .tensors()
          .refuse(
              "tensor " + copy + " differs from the rows of the embedding, to which it is tied");
    }
  }
}
