package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ErrorCode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatusTableTest {
  @ParameterizedTest
  @EnumSource
  void everyCodeHasAnErrorStatus(ErrorCode code) {
    StatusTable.Row row = StatusTable.of(code);
    assertThat(row.status()).isBetween(400, 599);
    assertThat(row.type()).isNotBlank();
    assertThat(row.code()).isNotBlank();
  }
}
