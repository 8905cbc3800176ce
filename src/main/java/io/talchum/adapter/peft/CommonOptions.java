package io.talchum.adapter.peft;

import com.fasterxml.jackson.databind.JsonNode;
import io.talchum.adapter.folder.AdapterConfigFields;
import java.util.Iterator;
import java.util.Set;
import java.util.regex.Pattern;

/** The keys of {@code adapter_config.json} that all kinds, or many, have. */
final class CommonOptions {
  /** Honoured in every kind. */
  static final Set<String> HONOURED =
      Set.of("peft_type", "task_type", "auto_mapping", "base_model_name_or_path");

  /** Harmless in every kind. */
  static final Set<String> HARMLESS = Set.of("inference_mode", "peft_version", "revision");

  /** Honoured in every kind that changes modules: {@link ModuleSelection}, {@link SavedModules}. */
  static final Set<String> MODULES =
      Set.of(
          "target_modules",
          "exclude_modules",
          "layers_to_transform",
          "layers_pattern",
          "modules_to_save");

  /** Honoured in every kind of virtual tokens: {@link VirtualTokens}. */
  static final Set<String> PROMPTS =
      Set.of("num_virtual_tokens", "token_dim", "num_transformer_submodules");

  private static final Pattern CLASS_NAME = Pattern.compile("[A-Z][A-Za-z0-9]{0,99}");
  private static final Pattern TRANSFORMERS = Pattern.compile("transformers(\\.[a-z0-9_]{1,60})*");

  private CommonOptions() {}

  static boolean isKnown(String key) {
    return HONOURED.contains(key) || HARMLESS.contains(key);
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming the key that is malformed
   */
  static void check(AdapterConfigFields fields) {
    checkTask(fields);
    checkBaseName(fields);
    checkAutoMapping(fields.get("auto_mapping"));
    for (String key : (Iterable<String>) () -> fields.root().fieldNames()) {
      if (key.endsWith("dropout") && fields.has(key)) {
        double unused = fields.number(key, 0);
      }
    }
  }

  private static void checkTask(AdapterConfigFields fields) {
    String task = fields.text("task_type", "CAUSAL_LM");
    if (!task.equals("CAUSAL_LM")) {
      throw AdapterConfigFields.refuse("task_type is '" + task + "'; only CAUSAL_LM is served");
    }
  }

  /** The name is never opened; one that climbs out of its folder is not a name. */
  private static void checkBaseName(AdapterConfigFields fields) {
    String name = fields.text("base_model_name_or_path", "");
    for (String segment : name.split("[/\\\\]", -1)) {
      if (segment.equals("..")) {
        throw AdapterConfigFields.refuse(
            "base_model_name_or_path is '" + name + "'; write the base's name, without ..");
      }
    }
  }

  /** PEFT writes the base's class here when there is no task_type; nothing is ever imported. */
  private static void checkAutoMapping(JsonNode mapping) {
    if (AdapterConfigFields.isOff(mapping)) {
      return;
    }
    boolean usual =
        CLASS_NAME.matcher(mapping.path("base_model_class").asText()).matches()
            && TRANSFORMERS.matcher(mapping.path("parent_library").asText()).matches();
    for (Iterator<String> keys = mapping.fieldNames(); keys.hasNext(); ) {
      String key = keys.next();
      usual &= Set.of("base_model_class", "parent_library", "unsloth_fixed").contains(key);
    }
    if (!usual) {
      throw AdapterConfigFields.refuse(
          "auto_mapping is "
              + AdapterConfigFields.show(mapping)
              + "; only a class of transformers may stand there");
    }
  }
}
