package io.talchum.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.testing.Fixtures;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HubConfigTest {
  private static ModelSpec spec(String config) {
    return HubConfig.read(new ConfigFields(config, (ObjectNode) Fixtures.json(config))).spec();
  }

  @ParameterizedTest
  @CsvSource({
    "llama, config.v5.json",
    "llama_tied, config.v5.json",
    "llama31, config.v5.json",
    "llama_yarn, config.v5.json",
    "llama_linear, config.hub.json",
    "mistral, config.v5.json",
    "qwen2, config.v5.json",
    "qwen3, config.v5.json",
    "gemma2, config.v5.json",
    "gemma3, config.v5.json",
    "phi3, config.v5.json",
    "phi3_longrope, config.v5.json",
    "olmo2, config.v5.json",
    "granite, config.v5.json",
    "starcoder2, config.v5.json"
  })
  void bothSpellingsOfAConfigMeanTheSame(String family, String other) {
    String folder = "models/" + family + "/";
    assertThat(spec(folder + other)).isEqualTo(spec(folder + "config.json"));
  }

  @Test
  void linearDividesEveryFrequency() {
    RopeSpec plain = new RopeRules.Default().resolve(10000, 16);
    RopeSpec scaled = new RopeRules.LinearScaling(4).resolve(10000, 16);
    assertThat(plain.inverseFrequencies()).hasSize(8).startsWith(1.0);
    assertThat(plain.inverseFrequencies().get(1)).isCloseTo(0.31622776601, within(1e-10));
    for (int i = 0; i < 8; i++) {
      assertThat(scaled.inverseFrequencies().get(i))
          .isEqualTo(plain.inverseFrequencies().get(i) / 4);
    }
  }

  @Test
  void llama3KeepsShortWavesAndStretchesLongOnes() {
    RopeSpec plain = new RopeRules.Default().resolve(500000, 128);
    RopeSpec scaled = new RopeRules.Llama3(8, 1, 4, 8192).resolve(500000, 128);
    for (int i = 0; i < 64; i++) {
      double base = plain.inverseFrequencies().get(i);
      double wavelength = 2 * Math.PI / base;
      double actual = scaled.inverseFrequencies().get(i);
      if (wavelength < 2048) {
        assertThat(actual).isEqualTo(base);
      } else if (wavelength > 8192) {
        assertThat(actual).isEqualTo(base / 8);
      } else {
        assertThat(actual).isBetween(base / 8, base);
      }
    }
  }

  @Test
  void yarnGoesFromKeptToDividedAndScalesAttention() {
    RopeSpec plain = new RopeRules.Default().resolve(10000, 32);
    RopeRules.Yarn rule = new RopeRules.Yarn(4, 32, 32, 1, true, OptionalDouble.empty(), 0, 0);
    RopeSpec scaled = rule.resolve(10000, 32);
    assertThat(scaled.attentionFactor()).isEqualTo(0.1 * Math.log(4) + 1);
    assertThat(scaled.inverseFrequencies().getFirst())
        .isEqualTo(plain.inverseFrequencies().getFirst());
    assertThat(scaled.inverseFrequencies().getLast())
        .isEqualTo(plain.inverseFrequencies().getLast() / 4);
    assertThat(
            new RopeRules.Yarn(4, 32, 32, 1, true, OptionalDouble.of(1.5), 0, 0)
                .resolve(10000, 32)
                .attentionFactor())
        .isEqualTo(1.5);
    assertThat(
            new RopeRules.Yarn(4, 32, 32, 1, true, OptionalDouble.empty(), 1, 1)
                .resolve(10000, 32)
                .attentionFactor())
        .isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"surprise\":1} | surprise = 1 is not a key that the importer knows",
        "{\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":2,\"extra\":0}} | extra = 0 is not a key",
        "{\"rope_scaling\":{\"type\":\"yarn\"}} | factor is missing",
        "{\"rope_parameters\":{\"rope_type\":\"default\",\"partial_rotary_factor\":0.5}} | partial_rotary_factor",
        "{\"head_dim\":15} | head_dim is 15",
        "{\"tie_word_embeddings\":\"yes\"} | tie_word_embeddings is \"yes\"; it must be true or false",
        "{\"rms_norm_eps\":0} | rms_norm_eps is 0",
      })
  void refusesAConfigKeyByName(String change, String reason) throws Exception {
    ObjectNode config = (ObjectNode) Fixtures.json("models/llama/config.json");
    config.remove("rope_scaling");
    config.setAll((ObjectNode) StrictJson.MAPPER.readTree(change));
    assertThatThrownBy(() -> HubConfig.read(new ConfigFields("config.json", config)))
        .hasMessageStartingWith("config.json: ")
        .hasMessageContaining(reason);
  }
}
