package io.talchum.adapter.peft;

import io.talchum.adapter.BaseModule;
import io.talchum.adapter.folder.ConfigFields;
import io.talchum.adapter.folder.ConfigJson;
import io.talchum.core.ModelSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What {@code adapter_config.json} of a LoRA says, read strictly: every key is honoured, harmless
 * or refused by its name ({@link PeftOptions}).
 *
 * @param rank {@code r}
 * @param alpha {@code lora_alpha}
 * @param rslora scale by alpha / sqrt(r), arXiv:2312.03732
 * @param rankPattern other ranks by module, the first that matches wins
 * @param alphaPattern other alphas by module, the first that matches wins
 */
record PeftConfig(
    int rank,
    double alpha,
    boolean rslora,
    List<PatternValue<Integer>> rankPattern,
    List<PatternValue<Double>> alphaPattern,
    ModuleSelection modules) {

  /** One entry of {@code rank_pattern} or {@code alpha_pattern}. */
  record PatternValue<T>(String option, PathPattern pattern, T value) {}

  /** Far above any published adapter; bounds what a configuration can ask for. */
  private static final int MAX_RANK = 4096;

  private static final int MAX_PATTERNS = 10_000;

  /** PEFT's default of {@code r} and {@code lora_alpha}. */
  private static final int DEFAULT_RANK = 8;

  PeftConfig {
    rankPattern = List.copyOf(rankPattern);
    alphaPattern = List.copyOf(alphaPattern);
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming the key that is wrong or not
   *     served
   */
  static PeftConfig read(Path file) {
    ConfigFields fields = ConfigJson.read(file);
    PeftKinds.requireServed(fields);
    PeftOptions.check(fields);
    WorkBudget budget = new WorkBudget();
    return new PeftConfig(
        fields.whole("r", DEFAULT_RANK, 1, MAX_RANK),
        fields.number("lora_alpha", DEFAULT_RANK),
        fields.flag("use_rslora"),
        patterns(
            fields.entries("rank_pattern", (k, v) -> ConfigFields.whole(k, v, 1, MAX_RANK)),
            "rank_pattern",
            budget),
        patterns(fields.entries("alpha_pattern", ConfigFields::number), "alpha_pattern", budget),
        ModuleSelection.read(fields, budget));
  }

  private static <T> List<PatternValue<T>> patterns(
      Map<String, T> entries, String option, WorkBudget budget) {
    if (entries.size() > MAX_PATTERNS) {
      throw ConfigFields.refuse(option + " has more than " + MAX_PATTERNS + " entries");
    }
    return entries.entrySet().stream()
        .map(
            e ->
                new PatternValue<>(
                    option + "." + e.getKey(),
                    PathPattern.ending(option, e.getKey(), budget),
                    e.getValue()))
        .toList();
  }

  /** The rank in force for a module. */
  int rankOf(String path) {
    return firstMatch(rankPattern, path, rank);
  }

  /** What B A x is multiplied by for a module: alpha / r or alpha / sqrt(r). */
  double scaleOf(String path) {
    int rankInForce = rankOf(path);
    return firstMatch(alphaPattern, path, alpha) / (rslora ? Math.sqrt(rankInForce) : rankInForce);
  }

  /**
   * The adapted modules by path.
   *
   * @throws io.talchum.core.ServeException INVALID_ADAPTER if the configuration names what the base
   *     does not have
   */
  Map<String, BaseModule> select(ModelSpec base) {
    Map<String, BaseModule> selected = modules.select(base);
    Map<String, BaseModule> all = BaseModule.all(base);
    rankPattern.forEach(entry -> requireMatch(entry, all));
    alphaPattern.forEach(entry -> requireMatch(entry, all));
    return selected;
  }

  private static void requireMatch(PatternValue<?> entry, Map<String, BaseModule> all) {
    if (all.keySet().stream().noneMatch(entry.pattern()::matches)) {
      throw ConfigFields.refuse(entry.option() + " matches no module of the base");
    }
  }

  private static <T> T firstMatch(List<PatternValue<T>> patterns, String path, T otherwise) {
    for (PatternValue<T> entry : patterns) {
      if (entry.pattern().matches(path)) {
        return entry.value();
      }
    }
    return otherwise;
  }
}
