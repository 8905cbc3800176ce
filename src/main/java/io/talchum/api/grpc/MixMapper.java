package io.talchum.api.grpc;

import io.talchum.core.ModelVersions;
import io.talchum.core.WeightedAdapter;
import io.talchum.service.MixRequest;
import io.talchum.v1.MixAdaptersRequest;
import io.talchum.v1.MixedAdapter;
import java.util.ArrayList;
import java.util.List;

/** The adapters of a mix. */
final class MixMapper {
  private MixMapper() {}

  static List<WeightedAdapter> adapters(List<io.talchum.v1.WeightedAdapter> wire) {
    List<WeightedAdapter> adapters = new ArrayList<>(wire.size());
    for (int i = 0; i < wire.size(); i++) {
      io.talchum.v1.WeightedAdapter adapter = wire.get(i);
      if (!adapter.hasWeight()) {
        throw Required.missing("adapters[" + i + "].weight");
      }
      adapters.add(
          new WeightedAdapter(
              Required.text("adapters[" + i + "].name", adapter.getName()), adapter.getWeight()));
    }
    return adapters;
  }

  static MixRequest saved(MixAdaptersRequest wire) {
    return new MixRequest(
        Required.text("name", wire.getName()),
        adapters(wire.getAdaptersList()),
        Required.text("combination_type", wire.getCombinationType()),
        wire.hasDensity() ? (Double) wire.getDensity() : null,
        wire.hasMajoritySignMethod() ? wire.getMajoritySignMethod() : null,
        wire.hasSeed() ? (Long) wire.getSeed() : null,
        !wire.hasActivate() || wire.getActivate());
  }

  static MixedAdapter mixed(ModelVersions.Part part) {
    return MixedAdapter.newBuilder()
        .setName(part.name())
        .setVersion(part.version().hex())
        .setWeight(part.weight())
        .build();
  }
}
