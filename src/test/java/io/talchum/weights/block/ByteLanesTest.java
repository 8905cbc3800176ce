package io.talchum.weights.block;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;

/** Eight bytes at once are as eight bytes one by one. */
class ByteLanesTest {
  private static final long SEED = 4;

  private final RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(SEED);

  private byte[] bytes(int mask) {
    byte[] bytes = new byte[ByteLanes.COUNT];
    random.nextBytes(bytes);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] &= (byte) mask;
    }
    return bytes;
  }

  private static byte[] bytes(long lanes) {
    byte[] bytes = new byte[ByteLanes.COUNT];
    ByteLanes.put(bytes, 0, lanes);
    return bytes;
  }

  @Test
  void calculateLaneByLane() {
    for (int round = 0; round < 1000; round++) {
      byte[] small = bytes(0x7f);
      byte[] any = bytes(0xff);
      int number = random.nextInt(129);
      byte[] less = bytes(ByteLanes.minus(ByteLanes.get(small, 0), number));
      byte[] more = bytes(ByteLanes.plus128(ByteLanes.get(any, 0)));
      byte[] bits = bytes(ByteLanes.spread(any[0]));
      for (int i = 0; i < ByteLanes.COUNT; i++) {
        assertThat(less[i]).isEqualTo((byte) (small[i] - number));
        assertThat(more[i]).isEqualTo((byte) (any[i] + 128));
        assertThat(bits[i]).isEqualTo((byte) (any[0] >> i & 1));
      }
    }
  }

  @Test
  void joinNibbles() {
    for (int round = 0; round < 1000; round++) {
      byte[] nibbles = bytes(0x0f);
      byte[] joined = new byte[4];
      ByteLanes.putNibbles(joined, 0, ByteLanes.get(nibbles, 0));
      for (int i = 0; i < joined.length; i++) {
        assertThat(joined[i]).isEqualTo((byte) (nibbles[2 * i] | nibbles[2 * i + 1] << 4));
      }
    }
  }
}
