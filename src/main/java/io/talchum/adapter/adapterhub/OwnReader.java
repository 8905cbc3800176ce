package io.talchum.adapter.adapterhub;

import io.talchum.adapter.AdapterContent;
import io.talchum.adapter.AdapterPrimitive;
import io.talchum.adapter.AdapterWeights;
import io.talchum.adapter.BaseModule;
import io.talchum.adapter.BaseWeights;
import io.talchum.adapter.BiasDelta;
import io.talchum.adapter.LadderSideNetwork;
import io.talchum.adapter.Projection;
import io.talchum.adapter.folder.AdapterConfigFields;
import io.talchum.adapter.folder.AdapterFolder;
import io.talchum.adapter.folder.AdapterFormat;
import io.talchum.adapter.folder.ConfigJson;
import io.talchum.adapter.folder.FolderFiles;
import io.talchum.adapter.folder.FormatReader;
import io.talchum.adapter.folder.TensorSource;
import io.talchum.core.Linear;
import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.weights.safetensors.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Methods that no library writes, in folders of our own: {@code peft_type} OWN and a {@code
 * method}. Any thread.
 */
public final class OwnReader implements AdapterFormat {
  private static final int MAX_SIDE = 1 << 16;

  private static final AdapterHubOptions OPTIONS =
      new AdapterHubOptions(
          Set.of("peft_type", "method", "side_dim", "num_layers", "rms_eps"),
          Map.of(),
          Set.of("base_model_name_or_path"));

  private final BaseWeights base;

  public OwnReader(BaseWeights base) {
    this.base = base;
  }

  @Override
  public boolean takes(FolderFiles folder) {
    try {
      return folder.has(AdapterFolder.CONFIG)
          && ConfigJson.read(folder.file(AdapterFolder.CONFIG))
              .get("peft_type")
              .asText()
              .equals("OWN");
    } catch (ServeException e) {
      return false; // whoever reads it next says what is wrong with it
    }
  }

  @Override
  public AdapterContent read(Path path) {
    AdapterFolder files = AdapterFolder.open(path);
    return FormatReader.named(files.name(), () -> read(files));
  }

  private AdapterContent read(AdapterFolder files) {
    AdapterConfigFields config = ConfigJson.read(files.config());
    OPTIONS.check(config);
    String method = config.text("method", "");
    try (SafetensorsFile file = SafetensorsFile.openConfined(files.weights())) {
      TensorSource tensors = new TensorSource(file, "talchum adapter 1 OWN " + method);
      List<AdapterPrimitive> primitives =
          switch (method) {
            case "bitfit" -> bitfit(tensors);
            case "lst" -> List.of(ladder(config, tensors));
            default ->
                throw AdapterConfigFields.refuse(
                    "method is '" + method + "'; served are bitfit and lst");
          };
      tensors.requireAllTaken(name -> "is used by nothing in " + method);
      return AdapterContent.of(
          "OWN_" + method.toUpperCase(java.util.Locale.ROOT),
          tensors.version(),
          files.name(),
          tensors.takenBytes(),
          AdapterWeights.of(primitives),
          base.spec());
    }
  }

  /** BitFit (arXiv:2106.10199): every bias of the base, replaced. */
  private List<AdapterPrimitive> bitfit(TensorSource tensors) {
    List<AdapterPrimitive> primitives = new ArrayList<>();
    ModelSpec spec = base.spec();
    BaseModule.all(spec)
        .forEach(
            (path, module) -> {
              if (module.module().linears().stream().anyMatch(spec.biases()::contains)) {
                float[] saved =
                    tensors.values(path + ".bias", "[outputs]", module.outputSize(spec));
                int first = 0;
                for (Linear linear : module.module().linears()) {
                  float[] db = base.bias(module.layer(), linear);
                  for (int i = 0; i < db.length; i++) {
                    db[i] = saved[first + i] - db[i];
                  }
                  first += db.length;
                  primitives.add(new BiasDelta(module.layer(), linear, db));
                }
              }
            });
    if (primitives.isEmpty()) {
      throw tensors.refuse("the base has no biases");
    }
    return primitives;
  }

  /** Ladder side tuning (arXiv:2206.06522). */
  private LadderSideNetwork ladder(AdapterConfigFields config, TensorSource tensors) {
    ModelSpec spec = base.spec();
    int side = config.whole("side_dim", 0, 1, MAX_SIDE);
    if (config.whole("num_layers", spec.layers(), 1, Integer.MAX_VALUE) != spec.layers()) {
      throw AdapterConfigFields.refuse("num_layers is not the base's " + spec.layers());
    }
    float epsilon = (float) config.number("rms_eps", 1e-6);
    if (!(epsilon >= 0)) {
      throw AdapterConfigFields.refuse("rms_eps is " + epsilon + "; it has to be 0 or more");
    }
    tensors.count(epsilon);
    int hidden = spec.hiddenSize();
    Projection entry = map(tensors, "down.0", side, hidden);
    List<LadderSideNetwork.Rung> rungs = new ArrayList<>();
    for (int layer = 1; layer <= spec.layers(); layer++) {
      int inner = Projections.size(tensors, "up1." + layer + ".weight", 0);
      rungs.add(
          new LadderSideNetwork.Rung(
              map(tensors, "down." + layer, side, hidden),
              tensors.values("gate." + layer, "[1]", 1)[0],
              tensors.values("norm." + layer + ".weight", "[side_dim]", side),
              map(tensors, "up1." + layer, inner, side),
              map(tensors, "up2." + layer, side, inner)));
    }
    return new LadderSideNetwork(entry, rungs, map(tensors, "up", hidden, side), epsilon);
  }

  private static Projection map(TensorSource tensors, String name, int outputs, int inputs) {
    return Projections.withoutBias(tensors, name + ".", outputs, inputs);
  }
}
