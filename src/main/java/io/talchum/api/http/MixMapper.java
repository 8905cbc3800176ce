package io.talchum.api.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.WeightedAdapter;
import io.talchum.service.MixRequest;
import java.util.ArrayList;
import java.util.List;

/** The {@code adapters} of a mix. */
final class MixMapper {
  static final FieldTable ADAPTER = FieldTable.of("name", "weight");

  private MixMapper() {}

  /** None if the field is absent or empty. */
  static List<WeightedAdapter> adapters(Fields fields) {
    ArrayNode array = fields.array("adapters");
    List<WeightedAdapter> adapters = new ArrayList<>();
    for (int i = 0; array != null && i < array.size(); i++) {
      adapters.add(adapter("adapters[" + i + "]", array.get(i)));
    }
    return adapters;
  }

  private static WeightedAdapter adapter(String name, JsonNode node) {
    if (!(node instanceof ObjectNode object)) {
      throw Fields.wrong(name, "an object with name and weight", node);
    }
    Fields fields = ADAPTER.check(name + ".", object);
    Double weight = fields.precise("weight");
    if (weight == null) {
      throw fields.missing("weight");
    }
    return new WeightedAdapter(fields.requiredText("name"), weight);
  }

  /** The body of {@code POST /v1/adapters/NAME/mix}. */
  static MixRequest saved(String name, ObjectNode body) {
    Fields fields = RequestFields.MIX_ADAPTERS.check("", body);
    return new MixRequest(
        name,
        adapters(fields),
        fields.requiredText("combination_type"),
        fields.precise("density"),
        fields.text("majority_sign_method"),
        fields.bigInteger("seed"),
        fields.bool("activate", true));
  }
}
