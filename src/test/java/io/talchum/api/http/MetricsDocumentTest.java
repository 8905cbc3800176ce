package io.talchum.api.http;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/metrics.md names the series that /metrics shows, and no others. */
@QuarkusTest
class MetricsDocumentTest {
  private static final Pattern SHOWN = Pattern.compile("(?m)^# TYPE ((?:vllm:|talchum_)\\S+) ");
  private static final Pattern DOCUMENTED =
      Pattern.compile("(?m)^\\| `((?:vllm:|talchum_)[^`{]+)[`{]");

  @Test
  void namesEverySeries() throws IOException {
    given()
        .contentType("application/json")
        .body("{\"model\":\"lora_qv\",\"prompt\":\"a\",\"max_tokens\":3}")
        .post("/v1/completions")
        .then()
        .statusCode(200);
    String metrics =
        given().header("Accept", "text/plain;version=0.0.4").get("/metrics").asString();
    assertThat(names(SHOWN, metrics))
        .isEqualTo(names(DOCUMENTED, Files.readString(Path.of("docs", "metrics.md"))));
    assertThat(metrics)
        .contains("vllm:lora_requests_info{max_lora=\"4\",")
        .contains("vllm:cache_config_info{block_size=\"512\",num_gpu_blocks=\"4\",} 1.0")
        .contains("talchum_adapter_tokens_total{adapter=\"lora_qv\",kind=\"completion\",} ");
  }

  private static Set<String> names(Pattern pattern, String text) {
    Set<String> names = new TreeSet<>();
    for (Matcher matcher = pattern.matcher(text); matcher.find(); ) {
      names.add(matcher.group(1));
    }
    return names;
  }
}
