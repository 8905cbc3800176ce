package io.talchum.api.grpc;

import io.talchum.service.ModelCard;
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
            .setCreated(Times.timestamp(card.created()));
    String parent = card.parent();
    if (parent != null) {
      wire.setParent(parent);
    }
    return wire.build();
  }
}
