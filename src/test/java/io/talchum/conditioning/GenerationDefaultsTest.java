package io.talchum.conditioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GenerationDefaultsTest {
  @Test
  void readsWhatSamplingKnows() {
    assertThat(
            GenerationDefaults.parse(
                """
                {"do_sample": true, "temperature": 0.7, "top_p": 0.9, "top_k": 40, "min_p": 0.05,
                 "repetition_penalty": 1, "max_new_tokens": 128, "eos_token_id": [1, 2],
                 "transformers_version": "5.0"}
                """))
        .isEqualTo(new GenerationDefaults(false, 0.7f, 0.9f, 40, 0.05f, 1f, 128));
  }

  @Test
  void isGreedyOnlyIfTheModelSaysSo() {
    assertThat(GenerationDefaults.parse("{\"do_sample\": false}").greedy()).isTrue();
    assertThat(GenerationDefaults.parse("{\"do_sample\": null}").greedy()).isFalse();
    assertThat(GenerationDefaults.parse("{}")).isEqualTo(GenerationDefaults.NONE);
  }

  @Test
  void theOperatorHasTheLastWord() {
    GenerationDefaults said = new GenerationDefaults(false, 0.7f, 0.9f, 40, null, 1f, 128);
    assertThat(said.with(null, null, null, null)).isEqualTo(said);
    assertThat(said.with(0.2f, null, 10, 0.1f))
        .isEqualTo(new GenerationDefaults(false, 0.2f, 0.9f, 10, 0.1f, 1f, 128));
    GenerationDefaults greedy = new GenerationDefaults(true, null, null, null, null, null, null);
    assertThat(greedy.with(null, 0.9f, null, null).temperatureOrOne()).isZero();
    assertThat(greedy.with(0.5f, null, null, null).temperatureOrOne()).isEqualTo(0.5f);
    assertThatThrownBy(() -> said.with(9f, null, null, null))
        .hasMessage("temperature 9 is out of range; choose a number from 0 to 2");
  }

  @Test
  void nullIsNotSaid() {
    assertThat(GenerationDefaults.parse("{\"temperature\": null, \"top_k\": null}"))
        .isEqualTo(GenerationDefaults.NONE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'temperature': 2.5 | temperature 2.5 is out of range; choose a number from 0 to 2",
        "'temperature': '0.7' | temperature \"0.7\" is not a number",
        "'top_p': 0 | top_p 0 is out of range",
        "'top_k': -2 | top_k -2 is out of range",
        "'top_k': 1.5 | top_k 1.5 is not a whole number",
        "'min_p': 2 | min_p 2 is out of range",
        "'repetition_penalty': 0 | repetition_penalty 0 is out of range",
        "'max_new_tokens': 0 | max_new_tokens 0 is out of range",
        "'do_sample': 1 | do_sample 1 is not true or false"
      })
  void refusesAtStartWhatNoRequestCouldUse(String field, String message) {
    assertThatThrownBy(() -> GenerationDefaults.parse("{" + field.replace('\'', '"') + "}"))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_MODEL))
        .hasMessageStartingWith("generation_config.json: " + message)
        .hasMessageEndingWith("correct that file in the model's folder");
  }

  @Test
  void aTemperatureThatIsNotUsedMayBeAnything() {
    assertThat(
            GenerationDefaults.parse("{'do_sample': false, 'temperature': 9}".replace('\'', '"')))
        .matches(GenerationDefaults::greedy);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{", "{\"temperature\": NaN}", "temperature = 1"})
  void refusesWhatIsNoJson(String text) {
    assertThatThrownBy(() -> GenerationDefaults.parse(text))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_MODEL))
        .hasMessageContaining("generation_config.json is not valid JSON");
  }
}
