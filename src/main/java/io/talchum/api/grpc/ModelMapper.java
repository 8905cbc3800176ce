package io.talchum.api.grpc;

import io.talchum.service.ModelCard;
import io.talchum.service.SamplingDefaults;
import io.talchum.v1.ListModelsResponse;
import io.talchum.v1.Model;
import java.util.List;

/** {@code talchum.v1.Model}. */
final class ModelMapper {
  private ModelMapper() {}

  static ListModelsResponse models(List<ModelCard> cards) {
    ListModelsResponse.Builder wire = ListModelsResponse.newBuilder();
    cards.forEach(card -> wire.addModels(model(card)));
    return wire.build();
  }

  static Model model(ModelCard card) {
    Model.Builder wire =
        Model.newBuilder()
            .setName(card.name())
            .setVersion(card.version().hex())
            .setExactName(card.exactName())
            .setContextTokens(card.contextTokens())
            .setCreated(Times.timestamp(card.created()))
            .setSamplingDefaults(defaults(card.defaults()));
    String parent = card.parent();
    if (parent != null) {
      wire.setParent(parent);
    }
    return wire.build();
  }

  private static io.talchum.v1.SamplingDefaults defaults(SamplingDefaults defaults) {
    var wire =
        io.talchum.v1.SamplingDefaults.newBuilder()
            .setTemperature(defaults.temperature())
            .setTopP(defaults.topP())
            .setTopK(defaults.topK())
            .setMinP(defaults.minP())
            .setRepetitionPenalty(defaults.repetitionPenalty());
    Integer maxTokens = defaults.maxTokens();
    if (maxTokens != null) {
      wire.setMaxTokens(maxTokens);
    }
    return wire.build();
  }
}
