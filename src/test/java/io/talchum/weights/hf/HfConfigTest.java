package io.talchum.weights.hf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.talchum.core.ModelSpec;
import io.talchum.core.RopeSpec;
import io.talchum.testing.Fixtures;
import io.talchum.weights.StrictJson;
import io.talchum.weights.checkpoint.ConfigFields;
import io.talchum.weights.checkpoint.RopeRules;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HfConfigTest {
  private static ModelSpec spec(String config) {
    return HfConfig.read(new ConfigFields(config, (ObjectNode) Fixtures.json(config))).spec();
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
        "gemma2 | {'layer_types':['sliding_attention']} | layer_types lists 1 layers; there are 4",
        "gemma3 | {'layer_types':['a','a','a','a','a','a','a']} | layer_types holds a; supported:",
        "gemma3 | {'attn_logit_softcapping':50} | attn_logit_softcapping is not supported for"
            + " gemma3",
        "gemma3 | {'use_bidirectional_attention':true} | use_bidirectional_attention true",
        "gemma3 | {'hidden_activation':'gelu'} | hidden_activation gelu is not supported;"
            + " supported:",
        "gemma3 | {'rope_parameters':{'rope_theta':1}} | rope_theta = 1 is not a key",
        "qwen2 | {'layer_types':['full_attention','full_attention','sliding_attention']} | no"
            + " sliding_window",
        "qwen2 | {'sliding_window':4,'use_sliding_window':1} | use_sliding_window is 1",
        "mistral | {'sliding_window':0} | sliding_window is 0; it must be from 1",
        "mistral | {'use_sliding_window':true} | use_sliding_window = true is not a key",
        "llama | {'sliding_window':64} | sliding_window = 64 is not a key",
        "llama | {'rope_scaling':{'type':'longrope'}} | rope_type longrope is not supported for"
            + " llama",
        "phi3_longrope | {'partial_rotary_factor':0.3} | gives 9 rotary dims",
        "phi3_longrope | {'rope_scaling':{'type':'longrope','short_factor':[1]}} | short_factor has"
            + " 1 numbers; it must have 12",
        "phi3_longrope | {'rope_scaling':{'type':'su'}} | short_factor is missing",
        "granite | {'logits_scaling':0} | logits_scaling is 0",
        "starcoder2 | {'rms_norm_eps':1} | rms_norm_eps = 1 is not a key",
        "starcoder2 | {'use_bias':'yes'} | use_bias is \"yes\"",
        "phi3 | {'attention_bias':true} | attention_bias = true is not supported; supported: false",
        "qwen2 | {'use_mrope':true} | use_mrope = true is not supported",
        "starcoder2 | {'norm_type':'rms_norm'} | norm_type = \"rms_norm\" is not supported",
        "olmo2 | {'clip_qkv':8} | clip_qkv = 8 is not a key",
        "llama | {'model_type':'mamba'} | supported: llama (LlamaForCausalLM), mistral"
            + " (MistralForCausalLM),",
        "qwen3 | {'architectures':['Qwen3ForSequenceClassification']} | architecture"
            + " Qwen3ForSequenceClassification is not supported",
      })
  void refusesWhatAFamilyDoesNotHaveByName(String family, String change, String reason)
      throws Exception {
    ObjectNode config = (ObjectNode) Fixtures.json("models/" + family + "/config.json");
    config.setAll((ObjectNode) StrictJson.MAPPER.readTree(change.replace('\'', '"')));
    assertThatThrownBy(() -> HfConfig.read(new ConfigFields("config.json", config)))
        .hasMessageStartingWith("config.json: ")
        .hasMessageContaining(reason);
  }

  /** Keys that published configs carry. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "phi3 |"
            + " {'attention_bias':false,'mlp_bias':false,'lm_head_bias':false,'full_attn_mod':1,'interpolate_factor':1}",
        "gemma2 | {'hidden_act':'gelu','cache_implementation':'hybrid','sliding_window_size':4096}",
        "starcoder2 | {'mlp_type':'default','norm_type':'layer_norm'}",
        "llama | {'rope_interleaved':false,'is_llama_config':true}"
      })
  void aKeyThatChangesNothingIsTaken(String family, String change) throws Exception {
    ObjectNode config = (ObjectNode) Fixtures.json("models/" + family + "/config.json");
    ModelSpec before = HfConfig.read(new ConfigFields("config.json", config)).spec();
    config.setAll((ObjectNode) StrictJson.MAPPER.readTree(change.replace('\'', '"')));
    assertThat(HfConfig.read(new ConfigFields("config.json", config)).spec()).isEqualTo(before);
  }

  /** What transformers' config classes put in place of a key that is left out. */
  @ParameterizedTest
  @CsvSource({
    "gemma2, sliding_window, window, 4096",
    "gemma2, head_dim, headDim, 256",
    "gemma3, num_attention_heads, heads, 8",
    "mistral, sliding_window, window, 4096",
    "qwen3, head_dim, headDim, 128",
    "granite, attention_multiplier, scale, 1",
    "llama, rms_norm_eps, epsilon, 1e-6",
    "olmo2, rms_norm_eps, epsilon, 1e-5"
  })
  void aKeyThatIsLeftOutMeansWhatItMeansInTransformers(
      String family, String key, String field, double expected) {
    ObjectNode config = (ObjectNode) Fixtures.json("models/" + family + "/config.json");
    config.remove(key);
    ModelSpec spec = HfConfig.read(new ConfigFields("config.json", config)).spec();
    double actual =
        switch (field) {
          case "window" -> spec.attention().window();
          case "headDim" -> spec.headDim();
          case "heads" -> spec.heads();
          case "scale" -> spec.attention().scale();
          default -> spec.norms().epsilon();
        };
    assertThat(actual).isCloseTo(expected, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"surprise\":1} | surprise = 1 is not a key that the importer knows",
        "{\"rope_scaling\":{\"rope_type\":\"linear\",\"factor\":2,\"extra\":0}} | extra = 0 is not"
            + " a key",
        "{\"rope_scaling\":{\"type\":\"yarn\"}} | factor is missing",
        "{\"rope_parameters\":{\"rope_type\":\"default\",\"partial_rotary_factor\":0.5}} |"
            + " partial_rotary_factor",
        "{\"head_dim\":15} | head_dim is 15",
        "{\"tie_word_embeddings\":\"yes\"} | tie_word_embeddings is \"yes\"; it must be true or"
            + " false",
        "{\"rms_norm_eps\":0} | rms_norm_eps is 0",
      })
  void refusesAConfigKeyByName(String change, String reason) throws Exception {
    ObjectNode config = (ObjectNode) Fixtures.json("models/llama/config.json");
    config.remove("rope_scaling");
    config.setAll((ObjectNode) StrictJson.MAPPER.readTree(change));
    assertThatThrownBy(() -> HfConfig.read(new ConfigFields("config.json", config)))
        .hasMessageStartingWith("config.json: ")
        .hasMessageContaining(reason);
  }
}
