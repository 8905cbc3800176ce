package io.talchum.adapter.adapterhub;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterDirectory;
import io.talchum.adapter.AdapterFusion;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.Bottleneck;
import io.talchum.adapter.Sublayer;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.ConfigJson;
import io.talchum.adapter.folder.FolderFiles;
import io.talchum.adapter.folder.TensorSource;
import io.talchum.core.ModelSpec;
import io.talchum.weights.safetensors.SafetensorsFile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** AdapterFusion (arXiv:2005.00247): a folder with one sub-folder for each member. */
final class AdapterHubFusion {
  static final String CONFIG = AdapterDirectory.FUSION_CONFIG;
  private static final String WEIGHTS = "model_adapter_fusion.safetensors";
  private static final int MAX_MEMBERS = 64;

  private record Site(int layer, Sublayer sublayer) {}

  private AdapterHubFusion() {}

  static AdapterContent read(FolderFiles folder, ModelSpec base) {
    AdapterConfigFields root = ConfigJson.read(folder.file(CONFIG));
    AdapterHubOptions.FUSION_FOLDER.check(root);
    AdapterHubReader.requireHidden(root, base);
    AdapterHubOptions.FUSION.check(new AdapterConfigFields(root.get("config")));
    List<String> names = names(root);
    Map<Site, List<Bottleneck>> members = new LinkedHashMap<>();
    try (SafetensorsFile file = SafetensorsFile.openConfined(folder.file(WEIGHTS))) {
      TensorSource tensors = new TensorSource(file, "talchum adapter 1 HUB_FUSION");
      long bytes = 0;
      for (String name : names) {
        AdapterHubReader.Single member = AdapterHubReader.single(folder.folder(name), base, name);
        tensors.count(member.tensors().version().hex());
        bytes += member.tensors().takenBytes();
        for (AdapterPrimitive primitive : member.primitives()) {
          add(members, primitive, name);
        }
      }
      List<AdapterPrimitive> fusions = new ArrayList<>();
      members.forEach((site, parts) -> fusions.add(fusion(site, parts, names, tensors, base)));
      tensors.requireAllTaken(key -> "is used by nothing in this fusion");
      return AdapterContent.of(
          "HUB_FUSION",
          tensors.version(),
          folder.name(),
          bytes + tensors.takenBytes(),
          AdapterWeights.of(fusions),
          base);
    }
  }

  private static List<String> names(AdapterConfigFields root) {
    List<String> names = new ArrayList<>();
    for (String name : root.texts("adapter_names")) {
      names.addAll(List.of(name.split(",", -1)));
    }
    for (String name : names) {
      if (!name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,127}")) {
        throw AdapterConfigFields.refuse(
            "adapter_names names '" + name + "', which is no folder's name");
      }
    }
    if (names.isEmpty() || names.size() > MAX_MEMBERS) {
      throw AdapterConfigFields.refuse(
          "adapter_names has to name 1 to " + MAX_MEMBERS + " adapters");
    }
    return names;
  }

  private static void add(
      Map<Site, List<Bottleneck>> members, AdapterPrimitive primitive, String name) {
    if (!(primitive instanceof Bottleneck bottleneck)
        || bottleneck.input() != Bottleneck.Input.OUTPUT_AND_RESIDUAL
        || bottleneck.gate() != null) {
      throw AdapterConfigFields.refuse(
          "the member " + name + " is no bottleneck with original_ln_before and without a gate");
    }
    members
        .computeIfAbsent(
            new Site(bottleneck.layer(), bottleneck.sublayer()), site -> new ArrayList<>())
        .add(bottleneck);
  }

  private static AdapterPrimitive fusion(
      Site site,
      List<Bottleneck> members,
      List<String> names,
      TensorSource tensors,
      ModelSpec base) {
    if (members.size() != names.size()) {
      throw AdapterConfigFields.refuse(
          "only " + members.size() + " of the members act at layer " + site.layer());
    }
    int hidden = base.hiddenSize();
    String prefix =
        "model.layers."
            + site.layer()
            + (site.sublayer() == Sublayer.ATTENTION ? ".attention_adapters" : ".output_adapters")
            + ".adapter_fusion_layer."
            + String.join(",", names)
            + ".";
    return new AdapterFusion(
        site.layer(),
        site.sublayer(),
        members,
        Projections.of(tensors, prefix + "query.", hidden, hidden),
        Projections.of(tensors, prefix + "key.", hidden, hidden),
        Projections.withoutBias(tensors, prefix + "value.", hidden, hidden));
  }
}
