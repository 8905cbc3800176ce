package io.talchum.api.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.ContentHash;
import io.talchum.core.ErrorCode;
import io.talchum.core.FinishReason;
import io.talchum.core.ModelVersions;
import io.talchum.core.ServeException;
import io.talchum.service.Choice;
import io.talchum.service.GenerationEvent;
import io.talchum.service.TokenDetail;
import io.talchum.service.Usage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Every byte of answers; clients compare some of them as text. */
class AnswerJsonTest {
  private static final byte[] HALF_A_CHARACTER = {(byte) 0xe2, (byte) 0x82};
  private static final ContentHash BASE = new ContentHash("0123456789ab".repeat(5) + "cdef");
  private static final ContentHash ADAPTER = new ContentHash("ab".repeat(32));
  private static final List<TokenDetail> TOKENS =
      List.of(
          new TokenDetail(1, bytes("a"), null, List.of()),
          new TokenDetail(
              2,
              HALF_A_CHARACTER,
              -0.25f,
              List.of(
                  new TokenDetail.Candidate(2, HALF_A_CHARACTER, -0.25f),
                  new TokenDetail.Candidate(3, bytes("\"é\n"), Float.NEGATIVE_INFINITY))),
          new TokenDetail(2, bytes("zz"), -3.4e-7f, List.of()));
  private static final List<Choice> CHOICES =
      List.of(
          new Choice(0, "hé", Optional.of("hm"), TOKENS, FinishReason.STOP, Optional.of("x")),
          new Choice(1, "", Optional.empty(), List.of(), FinishReason.LENGTH, Optional.empty()));
  private static final AnswerJson.Source MIX =
      source(
          new ModelVersions(
              "letters",
              BASE,
              null,
              null,
              List.of(
                  new ModelVersions.Part("a", ADAPTER, 0.5),
                  new ModelVersions.Part("b", ADAPTER, -1e-9))),
          new Usage(3, OptionalInt.of(0), 4, OptionalInt.of(2)));
  private static final AnswerJson.Source PLAIN =
      source(
          new ModelVersions("letters", BASE, "pirate", ADAPTER),
          new Usage(3, OptionalInt.empty(), 4, OptionalInt.empty()));
  private static final String HEAD =
      "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,"
          + "\"model\":\"pirate\",\"system_fingerprint\":\"fp_0123456789ab\",";

  @Test
  void wholeChat() {
    assertThat(text(new ChatJson(MIX, true).whole(CHOICES)))
        .isEqualTo(
            """
            {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"letters",\
            "system_fingerprint":"fp_0123456789ab","talchum":{"base":"letters@0123456789ab",\
            "adapter":null,"adapters":[{"name":"a@abababababab","weight":0.5},\
            {"name":"b@abababababab","weight":-1.0E-9}]},"choices":[{"index":0,\
            "message":{"role":"assistant","content":"hé","reasoning_content":"hm","refusal":null},\
            "logprobs":{"content":[{"token":"a","logprob":0.0,"bytes":[97],"top_logprobs":[]},\
            {"token":"�","logprob":-0.25,"bytes":[226,130],"top_logprobs":[{"token":"�",\
            "logprob":-0.25,"bytes":[226,130]},{"token":"\\"é\\n","logprob":-9999.0,"bytes":[34,195,\
            169,10]}]},{"token":"zz","logprob":-3.4E-7,"bytes":[122,122],"top_logprobs":[]}],\
            "refusal":null},"finish_reason":"stop","stop_reason":"x"},{"index":1,\
            "message":{"role":"assistant","content":"","refusal":null},"logprobs":{"content":[],\
            "refusal":null},"finish_reason":"length","stop_reason":null}],\
            "usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,\
            "prompt_tokens_details":{"cached_tokens":0},\
            "completion_tokens_details":{"reasoning_tokens":2}}}\
            """);
  }

  @Test
  void wholeCompletion() {
    assertThat(text(new CompletionJson(MIX, true).whole(CHOICES)))
        .isEqualTo(
            """
            {"id":"chatcmpl-1","object":"text_completion","created":1700000000,"model":"letters",\
            "system_fingerprint":"fp_0123456789ab","talchum":{"base":"letters@0123456789ab",\
            "adapter":null,"adapters":[{"name":"a@abababababab","weight":0.5},\
            {"name":"b@abababababab","weight":-1.0E-9}]},"choices":[{"index":0,"text":"hé",\
            "logprobs":{"tokens":["a","bytes:\\\\xe2\\\\x82","zz"],"token_logprobs":[null,-0.25,\
            -3.4E-7],"top_logprobs":[null,{"bytes:\\\\xe2\\\\x82":-0.25,"\\"é\\n":-9999.0},\
            {"zz":-3.4E-7}],"text_offset":[0,1,15]},"finish_reason":"stop","stop_reason":"x"},\
            {"index":1,"text":"","logprobs":null,"finish_reason":"length","stop_reason":null}],\
            "usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7,\
            "prompt_tokens_details":{"cached_tokens":0},\
            "completion_tokens_details":{"reasoning_tokens":2}}}\
            """);
  }

  @Test
  void piecesOfAChat() {
    ChatJson json = new ChatJson(PLAIN, false);
    StreamChoice plain = new StreamChoice(true, false, false);
    assertThat(text(json.chunk(json.opening().getFirst(), true, plain)))
        .isEqualTo(
            HEAD
                + "\"talchum\":{\"base\":\"letters@0123456789ab\",\"adapter\":\"pirate@abababababab\"},"
                + "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
                + "\"logprobs\":null,\"finish_reason\":null}]}\n\n");
    GenerationEvent thought = new GenerationEvent.Reasoning(1, "한 😀 \u0001/", List.of());
    assertThat(text(json.chunk(json.delta(thought), false, new StreamChoice(true, true, false))))
        .isEqualTo(
            HEAD
                + "\"choices\":[{\"index\":1,\"delta\":{\"reasoning_content\":\"한 \\uD83D\\uDE00 \\u0001/\"},"
                + "\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n");
    GenerationEvent finish = new GenerationEvent.Finish(0, FinishReason.STOP, Optional.of("\n"));
    assertThat(text(json.chunk(json.delta(finish), false, new StreamChoice(true, true, true))))
        .isEqualTo(
            HEAD
                + "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\","
                + "\"stop_reason\":\"\\n\"}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,"
                + "\"total_tokens\":7}}\n\n");
  }

  @Test
  void offsetsOfACompletionGoOnFromPieceToPiece() {
    CompletionJson json = new CompletionJson(PLAIN, true);
    GenerationEvent piece = new GenerationEvent.Delta(1, "zz", TOKENS.subList(2, 3));
    StreamChoice plain = new StreamChoice(true, false, false);
    assertThat(text(json.chunk(json.delta(piece), false, plain))).contains("\"text_offset\":[0]");
    assertThat(text(json.chunk(json.delta(piece), false, plain))).contains("\"text_offset\":[2]");
  }

  @Test
  void errorsAreUnicodeWhateverTheyQuote() {
    ServeException error =
        ServeException.of(ErrorCode.UNSUPPORTED, "a\ud800", "a\ud800b😀 is not a field");
    assertThat(text(ErrorJson.bytes(error)))
        .isEqualTo(
            "{\"error\":{\"message\":\"a?b\\uD83D\\uDE00 is not a field\",\"type\":\"invalid_request_error\","
                + "\"param\":\"a?\",\"code\":\"unsupported_parameter\"}}");
  }

  private static AnswerJson.Source source(ModelVersions versions, Usage usage) {
    return new AnswerJson.Source(
        "chatcmpl-1", Instant.ofEpochSecond(1_700_000_000), versions, 2, () -> usage);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String text(byte[] json) {
    return new String(json, StandardCharsets.UTF_8);
  }
}
