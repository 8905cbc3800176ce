package io.talchum.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PromptsTest {
  @Test
  void samePlaceSamePromptOtherPlaceAnother() {
    Prompts prompts = new Prompts(7, 1000);
    List<Integer> prompt = prompts.draw(32, "decode8/1/1", 3, 0);
    assertThat(prompt).hasSize(32).allMatch(id -> id >= 256 && id < 1000);
    assertThat(prompts.draw(32, "decode8/1/1", 3, 0)).isEqualTo(prompt);
    assertThat(prompts.draw(32, "decode8/1/2", 3, 0)).isNotEqualTo(prompt);
    assertThat(prompts.draw(32, "decode8/1/1", 4, 0)).isNotEqualTo(prompt);
    assertThat(prompts.draw(32, "decode8/1/1", 3, 1)).isNotEqualTo(prompt);
    assertThat(new Prompts(8, 1000).draw(32, "decode8/1/1", 3, 0)).isNotEqualTo(prompt);
  }

  @Test
  void staysBelowASmallVocabulary() {
    assertThat(new Prompts(1, 10).draw(100)).allMatch(id -> id >= 5 && id < 10);
  }
}
