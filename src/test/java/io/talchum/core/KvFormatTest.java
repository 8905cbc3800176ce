package io.talchum.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class KvFormatTest {
  @ParameterizedTest
  @EnumSource
  void isReadAsItIsWritten(KvFormat format) {
    assertThat(KvFormat.parse(format.text())).isEqualTo(format);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "INT8", "int4", "fp16"})
  void refusesOthersWithTheList(String text) {
    assertThatThrownBy(() -> KvFormat.parse(text))
        .hasMessage("talchum.kv (--kv) is \"%s\"; it must be fp32 or int8".formatted(text));
  }
}
