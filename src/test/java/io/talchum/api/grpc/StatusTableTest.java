package io.talchum.api.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.talchum.core.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StatusTableTest {
  @ParameterizedTest
  @EnumSource
  void everyCodeHasAStatusOtherThanOk(ErrorCode code) {
    assertThat(StatusTable.of(code)).isNotIn(Status.Code.OK, Status.Code.UNKNOWN);
  }

  @ParameterizedTest
  @EnumSource
  void theDocumentShowsEveryRow(ErrorCode code) throws IOException {
    assertThat(Files.readString(Path.of("docs/grpc.md")))
        .contains("| `%s` | `%s` |".formatted(code, StatusTable.of(code)));
  }
}
