package io.talchum.adapter;

import io.talchum.core.ContentHash;
import io.talchum.core.Linear;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/** Adapters without a folder. */
public final class TestAdapters {
  private TestAdapters() {}

  /** One module; the mark is its scale and decides the version. */
  static AdapterContent marked(int mark) {
    LowRankDelta delta = new LowRankDelta(0, Linear.Q, 1, mark, new float[1], new float[0]);
    return new AdapterContent(
        "LORA", version(mark), "folder-" + mark, 1, 1, 1, 7, AdapterWeights.of(delta));
  }

  public static ContentHash version(int mark) {
    MessageDigest digest = ContentHash.newDigest();
    digest.update(ByteBuffer.allocate(4).putInt(mark).array());
    return ContentHash.of(digest);
  }
}
