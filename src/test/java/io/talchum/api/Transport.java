package io.talchum.api;

import io.talchum.core.ChatRequest;
import io.talchum.core.CompletionRequest;
import io.talchum.core.ErrorCode;
import io.talchum.service.MixRequest;
import java.util.List;
import java.util.Map;

/** A client of the server over one transport, for the contract suites. */
public interface Transport extends AutoCloseable {
  /** A whole answer. */
  record Answer(
      String base,
      String adapter,
      List<Choice> choices,
      int promptTokens,
      int completionTokens,
      int reasoningTokens,
      int cachedTokens) {}

  /**
   * One choice.
   *
   * @param reasoning empty where the model's template marks none
   * @param finishReason {@code stop} or {@code length}
   * @param logprobs of the tokens, if asked for
   */
  record Choice(String text, String reasoning, String finishReason, List<Float> logprobs) {}

  /**
   * A model that clients may name.
   *
   * @param parent empty for the base
   * @param temperature the default
   */
  record Model(String name, String version, String parent, float temperature) {}

  /** The server said no. */
  final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final ErrorCode code;

    public Refused(ErrorCode code, String message) {
      super(message);
      this.code = code;
    }

    public ErrorCode code() {
      return code;
    }
  }

  Answer chat(ChatRequest request);

  /** The same through the stream, joined. */
  Answer chatStream(ChatRequest request);

  /** Opens a stream, reads this many pieces of text, and goes away. */
  void chatAborted(ChatRequest request, int pieces);

  Answer complete(CompletionRequest request);

  List<Model> models();

  /** The prompt that a chat becomes, by way of its tokens. */
  String rendered(ChatRequest request);

  void loadAdapter(String name, String folder, boolean replace);

  void unloadAdapter(String name);

  /**
   * An adapter of the store.
   *
   * @param versions SHA-256, in the order in which they were added
   * @param actions of its history
   * @param selfTests how those of its versions went
   */
  record Stored(
      String name,
      String current,
      boolean pinned,
      List<String> versions,
      List<String> actions,
      List<String> selfTests) {}

  /** Uploads files by their names. */
  Stored upload(String name, Map<String, byte[]> files, boolean activate);

  /** Combines adapters and keeps the result. */
  Stored mix(MixRequest request);

  Stored stored(String name);

  /** The names. */
  List<String> storedNames();

  Stored activate(String name, String version);

  Stored rollBack(String name);

  Stored pin(String name, boolean pinned);

  /**
   * Deletes a version, or the name.
   *
   * @param version empty for the name
   */
  void deleteStored(String name, String version, boolean whenUnused);

  @Override
  void close();
}
