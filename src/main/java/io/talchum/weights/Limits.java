package io.talchum.weights;

/** Sizes beyond which a config is taken for broken or hostile rather than large. */
public final class Limits {
  public static final int MAX_WIDTH = 1 << 20;
  public static final int MAX_HEADS = 1 << 12;
  public static final int MAX_HEAD_DIM = 1 << 12;
  public static final int MAX_LAYERS = 1 << 12;
  public static final int MAX_VOCABULARY = 1 << 22;
  public static final int MAX_CONTEXT = 1 << 26;
  static final long MAX_TEXT_FILE_BYTES = 128L << 20;

  private Limits() {}
}
