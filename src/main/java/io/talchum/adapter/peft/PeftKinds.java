package io.talchum.adapter.peft;

import io.talchum.adapter.folder.AdapterConfigFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The adapter kinds that PEFT 0.21 writes: those that are read, and why the others are not. */
final class PeftKinds {
  /** By {@code peft_type}. */
  static final Map<String, PeftKind> READ =
      byType(
          new LoraKind(),
          new AdaLoraKind(),
          VeraKind.KIND,
          VbLoraKind.KIND,
          RandLoraKind.KIND,
          DeLoraKind.KIND,
          MissKind.KIND,
          LoHaKind.KIND,
          FourierFtKind.KIND,
          HraKind.KIND,
          Ia3Kind.KIND,
          BeftKind.KIND,
          new LnTuningKind(),
          new TrainableTokensKind(),
          PrefixKind.PREFIX_TUNING,
          PrefixKind.CARTRIDGE,
          SoftPromptKind.PROMPT_TUNING,
          SoftPromptKind.P_TUNING,
          SoftPromptKind.CPT,
          new MultitaskKind(),
          new AdaptionPromptKind(),
          LoKrKind.KIND,
          OftKind.KIND,
          BoftKind.KIND,
          C3aKind.KIND,
          ShiraKind.KIND,
          HiraKind.KIND,
          RoadKind.KIND,
          DeftKind.KIND,
          SuperTuningKind.KIND,
          GraLoraKind.KIND,
          PVeraKind.KIND,
          PeanutKind.KIND,
          GLoraKind.KIND,
          OsfKind.KIND);

  private static final String UNVERIFIED = "its merge rule is not verified yet";

  /** Known and not served, by the reason. */
  static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry(
              "LILY", "its router averages over the whole sequence, later tokens change earlier"),
          Map.entry("SHADOW", "it runs a second model beside the base"),
          Map.entry("XLORA", "it mixes adapters by a classifier over the hidden states"),
          Map.entry("POLY", "its adapters are mixed by a router per task"),
          Map.entry("ADAMSS", "its subspaces are found on the base when it is trained"),
          Map.entry("FROD", UNVERIFIED),
          Map.entry("PSOFT", UNVERIFIED),
          Map.entry("TINYLORA", UNVERIFIED),
          Map.entry("UNILORA", UNVERIFIED),
          Map.entry("WAVEFT", UNVERIFIED));

  private PeftKinds() {}

  private static Map<String, PeftKind> byType(PeftKind... kinds) {
    Map<String, PeftKind> byType = new LinkedHashMap<>();
    for (PeftKind kind : kinds) {
      byType.put(kind.type(), kind);
    }
    return byType;
  }

  /**
   * @throws io.talchum.core.ServeException INVALID_ADAPTER naming the kind and what is served
   */
  static PeftKind of(AdapterConfigFields config) {
    String served = String.join(", ", READ.keySet());
    if (!config.has("peft_type")) {
      throw AdapterConfigFields.refuse("peft_type is missing; served are " + served);
    }
    String type = config.text("peft_type", "");
    PeftKind kind = READ.get(type);
    if (kind != null) {
      return kind;
    }
    String why = REFUSED.getOrDefault(type, "no such kind is known");
    throw AdapterConfigFields.refuse(
        "peft_type "
            + type
            + " is not served: "
            + why
            + ". Served are "
            + served
            + ". Its options are "
            + String.join(", ", optionsOf(config)));
  }

  private static List<String> optionsOf(AdapterConfigFields config) {
    List<String> options = new ArrayList<>();
    config.root().fieldNames().forEachRemaining(options::add);
    options.removeIf(CommonOptions::isKnown);
    return options.size() <= 30 ? options : options.subList(0, 30);
  }
}
