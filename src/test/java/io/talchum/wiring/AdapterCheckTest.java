package io.talchum.wiring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.service.AdapterCheck;
import io.talchum.service.AdapterReport;
import io.talchum.service.ModelCatalog;
import io.talchum.testing.Fixtures;
import io.talchum.weights.DType;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Adapter folders read and tried over the embedded model. */
class AdapterCheckTest {
  private final Path temp;
  private final Path base;
  private final AdapterCheck check = new AdapterCheck(new PackageRunner(), InstantSource.system());

  AdapterCheckTest(@TempDir Path temp) {
    this.temp = temp;
    this.base = new ModelCatalog(temp).toServe(null);
  }

  @Test
  void reportSaysWhatTheAdapterIsAndDoes() {
    AdapterReport report =
        check.report(Path.of("src", "main", "resources", "demo", "adapters", "pirate"), base);

    assertThat(report.name()).isEqualTo("pirate");
    assertThat(report.kind()).isEqualTo("LORA");
    assertThat(report.version()).startsWith("sha256-");
    assertThat(report.primitives()).containsOnlyKeys("LowRankDelta");
    assertThat(report.changes())
        .hasSize(report.primitives().getOrDefault("LowRankDelta", 0))
        .allSatisfy(change -> assertThat(change.relative()).isPositive().isLessThan(1));
    assertThat(report.residentBytes()).isPositive();
    assertThat(report.selfTest().norm()).isPositive();
    assertThat(report.selfTest().largest()).isPositive();
    assertThat(report.base()).contains("sha256-");
    assertThat(report.needsExtendedGraph()).isFalse();
    assertThat(report.virtualTokens()).isZero();
  }

  @Test
  void reportSaysWhichGraphTheAdapterNeeds() throws IOException {
    Path folder = Files.createDirectory(temp.resolve("norms"));
    try (ModelPackage model = ModelPackage.open(base)) {
      int width = model.manifest().spec().hiddenSize();
      new SafetensorsWriter()
          .add(
              "base_model.model.model.layers.0.input_layernorm.ln_tuning_layers.weight",
              DType.F32,
              List.of((long) width),
              filled(width, 2))
          .write(folder.resolve("adapter_model.safetensors"));
    }
    Files.writeString(
        folder.resolve("adapter_config.json"),
        "{\"peft_type\":\"LN_TUNING\",\"target_modules\":[\"layers.0.input_layernorm\"]}");

    AdapterReport report = check.report(folder, base);

    assertThat(report.primitives()).containsOnlyKeys("NormWeight");
    assertThat(report.needsExtendedGraph()).isTrue();
  }

  @Test
  void anAdapterOfZerosChangesNothing() {
    AdapterReport report = check.report(oneModule("zeros", 0), base);

    assertThat(report.selfTest().norm()).isZero();
    assertThat(report.selfTest().baseNorm()).isPositive();
    assertThat(report.changes().getFirst().relative()).isZero();
  }

  @Test
  void logitsThatAreNotFiniteFailTheSelfTest() {
    assertThatThrownBy(() -> check.report(oneModule("loud", 1e38f), base))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_ADAPTER))
        .hasMessageContaining("self-test");
  }

  @Test
  void anAdapterOfAnotherBaseIsRefused() {
    assertThatThrownBy(() -> check.report(Fixtures.path("adapters/llama/lora_qv"), base))
        .isInstanceOf(ServeException.class)
        .hasMessageContaining("lora_qv");
  }

  /** Rank 1 on the first value projection. */
  private Path oneModule(String name, float b) {
    String module = "base_model.model.model.layers.0.self_attn.v_proj";
    try (ModelPackage model = ModelPackage.open(base)) {
      var spec = model.manifest().spec();
      int out = spec.kvHeads() * spec.headDim();
      Path folder = Files.createDirectory(temp.resolve(name));
      new SafetensorsWriter()
          .add(
              module + ".lora_A.weight",
              DType.F32,
              List.of(1L, (long) spec.hiddenSize()),
              filled(spec.hiddenSize(), 1))
          .add(module + ".lora_B.weight", DType.F32, List.of((long) out, 1L), filled(out, b))
          .write(folder.resolve("adapter_model.safetensors"));
      Files.writeString(
          folder.resolve("adapter_config.json"),
          "{\"peft_type\":\"LORA\",\"r\":1,\"lora_alpha\":1,"
              + "\"target_modules\":[\"layers.0.self_attn.v_proj\"]}");
      return folder;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static float[] filled(int length, float value) {
    float[] values = new float[length];
    Arrays.fill(values, value);
    return values;
  }
}
