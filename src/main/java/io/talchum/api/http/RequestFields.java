package io.talchum.api.http;

import static io.talchum.api.http.RequestField.accepted;
import static io.talchum.api.http.RequestField.honoured;
import static io.talchum.api.http.RequestField.refused;
import static io.talchum.api.http.RequestField.refusedUnless;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Every field that a request body may have, by endpoint; docs/api.md shows the same tables. */
final class RequestFields {
  /** Known from other servers; refused by name. */
  private static final List<String> NOT_SERVED =
      List.of(
          "prompt_logprobs",
          "truncate_prompt_tokens",
          "allowed_token_ids",
          "guided_json",
          "guided_regex",
          "guided_choice",
          "guided_grammar",
          "structured_outputs",
          "logits_processors",
          "cache_salt",
          "kv_transfer_params",
          "request_id");

  static final FieldTable CHAT =
      table(
          sampling(),
          honoured("messages"),
          honoured("max_completion_tokens"),
          honoured("top_logprobs"),
          honoured("add_generation_prompt"),
          honoured("continue_final_message"),
          honoured("chat_template_kwargs"),
          honoured("tools"),
          honoured("tool_choice"),
          honoured("documents"),
          honoured("chat_template"),
          accepted("parallel_tool_calls", JsonNode::isBoolean),
          accepted("prediction", JsonNode::isObject),
          refusedUnless("functions", RequestFields::isEmptyList),
          refusedUnless("function_call", anyOf("none", "auto")),
          refusedUnless(
              "modalities", node -> node.size() == 1 && "text".equals(node.path(0).textValue())),
          refusedUnless("echo", RequestFields::isFalse),
          refusedUnless("add_special_tokens", RequestFields::isFalse),
          refused("audio"),
          refused("reasoning_effort"),
          refused("verbosity"),
          refused("web_search_options"),
          refusedUnless("include_reasoning", RequestFields::isTrue));

  static final FieldTable COMPLETION =
      table(
          sampling(),
          honoured("prompt"),
          honoured("echo"),
          refusedUnless("best_of", isNumber(1)),
          refusedUnless("suffix", node -> "".equals(node.textValue())),
          refusedUnless("add_special_tokens", RequestFields::isTrue),
          refused("prompt_embeds"));

  static final FieldTable TOKENIZE =
      table(
          List.of(),
          honoured("model"),
          honoured("prompt"),
          honoured("messages"),
          honoured("add_special_tokens"),
          honoured("return_token_strs"),
          honoured("add_generation_prompt"),
          honoured("continue_final_message"),
          honoured("chat_template_kwargs"),
          honoured("tools"),
          honoured("documents"),
          honoured("chat_template"),
          refused("mm_processor_kwargs"));

  static final FieldTable DETOKENIZE = table(List.of(), honoured("model"), honoured("tokens"));

  static final FieldTable LOAD_ADAPTER =
      table(
          List.of(),
          honoured("lora_name"),
          honoured("lora_path"),
          honoured("load_inplace"),
          honoured("base_model_name"),
          refused("is_3d_lora_weight"));

  static final FieldTable UNLOAD_ADAPTER =
      table(List.of(), honoured("lora_name"), refused("lora_int_id"));

  static final FieldTable ACTIVATE_ADAPTER = table(List.of(), honoured("version"));

  static final FieldTable ROLL_BACK_ADAPTER = table(List.of());

  static final FieldTable PIN_ADAPTER = table(List.of(), honoured("pinned"));

  static final FieldTable MIX_ADAPTERS =
      table(
          List.of(),
          honoured("adapters"),
          honoured("combination_type"),
          honoured("density"),
          honoured("majority_sign_method"),
          honoured("seed"),
          honoured("activate"));

  private RequestFields() {}

  /** The tables by route, for the documentation. */
  static Map<String, FieldTable> byRoute() {
    Map<String, FieldTable> tables = new LinkedHashMap<>();
    tables.put("/v1/chat/completions", CHAT);
    tables.put("/v1/completions", COMPLETION);
    tables.put("/tokenize", TOKENIZE);
    tables.put("/detokenize", DETOKENIZE);
    tables.put("/v1/load_lora_adapter", LOAD_ADAPTER);
    tables.put("/v1/unload_lora_adapter", UNLOAD_ADAPTER);
    tables.put("/v1/adapters/{name}/activate", ACTIVATE_ADAPTER);
    tables.put("/v1/adapters/{name}/rollback", ROLL_BACK_ADAPTER);
    tables.put("/v1/adapters/{name}/pin", PIN_ADAPTER);
    tables.put("/v1/adapters/{name}/mix", MIX_ADAPTERS);
    return tables;
  }

  /** What chat and completion share. */
  private static List<RequestField> sampling() {
    List<RequestField> fields = new ArrayList<>();
    for (String name :
        List.of(
            "model",
            "adapters",
            "n",
            "stream",
            "stream_options",
            "max_tokens",
            "min_tokens",
            "temperature",
            "top_p",
            "top_k",
            "min_p",
            "presence_penalty",
            "frequency_penalty",
            "repetition_penalty",
            "seed",
            "stop",
            "stop_token_ids",
            "ignore_eos",
            "logit_bias",
            "logprobs")) {
      fields.add(honoured(name));
    }
    fields.add(accepted("user", JsonNode::isTextual));
    fields.add(accepted("metadata", JsonNode::isObject));
    for (String name : List.of("safety_identifier", "prompt_cache_key", "prompt_cache_retention")) {
      fields.add(accepted(name, JsonNode::isTextual));
    }
    fields.add(
        refusedUnless("response_format", node -> "text".equals(node.path("type").textValue())));
    fields.add(refusedUnless("service_tier", anyOf("auto", "default")));
    fields.add(refusedUnless("store", RequestFields::isFalse));
    fields.add(refusedUnless("use_beam_search", RequestFields::isFalse));
    fields.add(refusedUnless("include_stop_str_in_output", RequestFields::isFalse));
    fields.add(refusedUnless("skip_special_tokens", RequestFields::isTrue));
    fields.add(refusedUnless("spaces_between_special_tokens", RequestFields::isTrue));
    fields.add(refusedUnless("return_tokens_as_token_ids", RequestFields::isFalse));
    fields.add(refusedUnless("return_token_ids", RequestFields::isFalse));
    fields.add(refusedUnless("length_penalty", isNumber(1)));
    fields.add(refusedUnless("priority", isNumber(0)));
    fields.add(refusedUnless("bad_words", RequestFields::isEmptyList));
    NOT_SERVED.forEach(name -> fields.add(refused(name)));
    return fields;
  }

  private static FieldTable table(List<RequestField> shared, RequestField... own) {
    List<RequestField> all = new ArrayList<>(shared);
    all.addAll(Arrays.asList(own));
    return new FieldTable(all);
  }

  private static Predicate<JsonNode> anyOf(String... values) {
    return node -> Arrays.asList(values).contains(node.textValue());
  }

  private static Predicate<JsonNode> isNumber(int value) {
    return node -> node.isNumber() && node.doubleValue() == value;
  }

  private static boolean isEmptyList(JsonNode node) {
    return node.isArray() && node.isEmpty();
  }

  private static boolean isFalse(JsonNode node) {
    return node.isBoolean() && !node.booleanValue();
  }

  private static boolean isTrue(JsonNode node) {
    return node.isBoolean() && node.booleanValue();
  }
}
