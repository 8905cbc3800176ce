package io.talchum.text;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.talchum.core.ErrorCode;
import io.talchum.core.ServeException;
import io.talchum.text.AddedTokenScanner.Match;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A tokenizer.json run by the tokenizers library through DJL; vocabulary spellings are our own
 * reading of the file.
 */
public final class DjlTokenizer implements Tokenizer {
  private static final long MAX_FILE_BYTES = 256L << 20;
  private static final Map<String, String> AS_IS =
      Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false");

  private final byte[] json;
  private final TokenizerJson file;
  private final HuggingFaceTokenizer tokenizer;
  private final AddedTokenScanner scanner;
  private final boolean[] added;
  private final boolean[] special;
  private final List<Integer> specialTokenIds;
  private final boolean findsMoreThanIsWritten;
  private final ReentrantLock guardLock = new ReentrantLock();
  private volatile @Nullable InjectionSafeTokenizer guard;

  private DjlTokenizer(byte[] json, TokenizerJson file) {
    this.json = json;
    this.file = file;
    this.tokenizer = open(json);
    this.scanner = new AddedTokenScanner(file.added());
    this.added = new boolean[file.tokens().length];
    this.special = new boolean[file.tokens().length];
    List<Integer> ids = new ArrayList<>();
    boolean normalized = false;
    for (AddedToken token : file.added()) {
      added[token.id()] = true;
      if (token.special()) {
        special[token.id()] = true;
        ids.add(token.id());
        normalized |= token.normalized();
      }
    }
    this.specialTokenIds = ids.stream().distinct().sorted().toList();
    this.findsMoreThanIsWritten = normalized && file.hasNormalizer();
  }

  /**
   * Opens a tokenizer.json.
   *
   * @param modelVocabularySize rows of the embedding table; an id at or above it is refused
   * @throws ServeException INVALID_MODEL with what is wrong in the file
   */
  public static DjlTokenizer load(Path tokenizerJson, int modelVocabularySize) {
    byte[] json = read(tokenizerJson);
    DjlTokenizer loaded = new DjlTokenizer(json, TokenizerJson.parse(json, modelVocabularySize));
    loaded.checkIds();
    return loaded;
  }

  @Override
  public int[] encode(String text, boolean addSpecialTokens, boolean allowSpecialTokens) {
    String clean = wellFormed(text);
    boolean guarded =
        !allowSpecialTokens
            && (findsMoreThanIsWritten
                || !scanner.controlTokens(clean, 0, clean.length()).isEmpty());
    return guarded
        ? guard().encode(clean, addSpecialTokens)
        : encode(tokenizer, clean, addSpecialTokens);
  }

  @Override
  public int[] encodePrompt(List<PromptSegment> segments) {
    StringBuilder joined = new StringBuilder();
    segments.forEach(segment -> joined.append(wellFormed(segment.text())));
    String text = joined.toString();
    List<Match> written = writtenByTemplate(segments, text);
    boolean nothingElse =
        !findsMoreThanIsWritten && scanner.controlTokens(text, 0, text.length()).equals(written);
    return nothingElse ? encode(tokenizer, text, false) : guard().encode(text, written);
  }

  /** Control tokens that lie wholly in the template's own text. */
  private List<Match> writtenByTemplate(List<PromptSegment> segments, String text) {
    List<Match> written = new ArrayList<>();
    int runStart = 0;
    int at = 0;
    for (int i = 0; i < segments.size(); i++) {
      boolean template = segments.get(i).fromTemplate();
      if (i > 0 && template != segments.get(i - 1).fromTemplate()) {
        runStart = at;
      }
      at += segments.get(i).text().length();
      boolean runEnds = i + 1 == segments.size() || !segments.get(i + 1).fromTemplate();
      if (template && runEnds) {
        written.addAll(scanner.controlTokens(text, runStart, at));
      }
    }
    return written;
  }

  @Override
  public String decode(int[] tokenIds, boolean skipSpecialTokens) {
    long[] ids = new long[tokenIds.length];
    int used = 0;
    for (int id : tokenIds) {
      if (!token(id).isEmpty()) {
        ids[used++] = id;
      }
    }
    return tokenizer.decode(Arrays.copyOf(ids, used), skipSpecialTokens);
  }

  @Override
  public String token(int tokenId) {
    String token = tokenId >= 0 && tokenId < file.tokens().length ? file.tokens()[tokenId] : null;
    return token == null ? "" : token;
  }

  @Override
  public byte[] bytes(int tokenId) {
    return tokenId >= 0 && tokenId < added.length && added[tokenId]
        ? VocabularySpelling.PLAIN.bytes(token(tokenId))
        : file.spelling().bytes(token(tokenId));
  }

  @Override
  public boolean isSpecial(int tokenId) {
    return tokenId >= 0 && tokenId < special.length && special[tokenId];
  }

  @Override
  public int vocabularySize() {
    return file.tokens().length;
  }

  @Override
  public IncrementalDetokenizer detokenizer(int[] precedingTokenIds, boolean skipSpecialTokens) {
    return new OffsetDetokenizer(this, precedingTokenIds, skipSpecialTokens);
  }

  @Override
  public List<Integer> specialTokenIds() {
    return specialTokenIds;
  }

  /** Made at first need: only text that spells out a control token needs it. */
  private InjectionSafeTokenizer guard() {
    InjectionSafeTokenizer ready = guard;
    if (ready != null) {
      return ready;
    }
    guardLock.lock();
    try {
      InjectionSafeTokenizer made = guard;
      if (made == null) {
        made = InjectionSafeTokenizer.of(json, file.added());
        guard = made;
      }
      return made;
    } finally {
      guardLock.unlock();
    }
  }

  static HuggingFaceTokenizer open(byte[] json) {
    try {
      return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), AS_IS);
    } catch (IOException | RuntimeException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL,
          "tokenizer.json cannot be used: " + e.getMessage() + TokenizerDiagnosis.of(json),
          e);
    }
  }

  static int[] encode(HuggingFaceTokenizer tokenizer, String text, boolean addSpecialTokens) {
    long[] ids = tokenizer.encode(text, addSpecialTokens, false).getIds();
    int[] narrow = new int[ids.length];
    for (int i = 0; i < ids.length; i++) {
      narrow[i] = (int) ids[i];
    }
    return narrow;
  }

  /** The library numbers added tokens by itself; a file with gaps would get other ids. */
  private void checkIds() {
    for (AddedToken token : file.added()) {
      if (token.normalized()) {
        continue;
      }
      int[] ids = encode(tokenizer, token.content(), false);
      if (ids.length != 1 || ids[0] != token.id()) {
        throw TokenizerJson.invalid(
            "gives the added token '%s' the id %d, which is not the next free id"
                .formatted(token.content(), token.id()));
      }
    }
  }

  private static byte[] read(Path path) {
    try {
      if (Files.size(path) > MAX_FILE_BYTES) {
        throw TokenizerJson.invalid("is larger than " + (MAX_FILE_BYTES >> 20) + " MiB");
      }
      return Files.readAllBytes(path);
    } catch (IOException e) {
      throw new ServeException(
          ErrorCode.INVALID_MODEL, "tokenizer.json cannot be read: " + e.getMessage(), e);
    }
  }

  /** Halves of a surrogate pair standing alone become U+FFFD: they have no UTF-8 form. */
  private static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      boolean pair =
          Character.isHighSurrogate(c)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (!pair) {
        return text.codePoints()
            .map(p -> p >= Character.MIN_SURROGATE && p <= Character.MAX_SURROGATE ? 0xFFFD : p)
            .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
            .toString();
      }
      i++;
    }
    return text;
  }
}
