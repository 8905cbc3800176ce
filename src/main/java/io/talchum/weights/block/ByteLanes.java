package io.talchum.weights.block;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Eight bytes of an array at once, as the bytes of a long, the first one lowest. */
public final class ByteLanes {
  public static final int COUNT = 8;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long ONES = 0x0101010101010101L;
  private static final long TOPS = 0x8080808080808080L;

  private ByteLanes() {}

  public static long get(byte[] bytes, int at) {
    return (long) LONGS.get(bytes, at);
  }

  public static void put(byte[] bytes, int at, long lanes) {
    LONGS.set(bytes, at, lanes);
  }

  /** The same byte in each lane. */
  public static long all(int value) {
    return (value & 0xff) * ONES;
  }

  /** Each lane, 0 to 127, less a number from 0 to 128. */
  static long minus(long lanes, int number) {
    return (lanes | TOPS) - all(number) ^ TOPS;
  }

  /** Each lane plus 128, modulo 256. */
  public static long plus128(long lanes) {
    return lanes ^ TOPS;
  }

  /** Eight bits, the lowest one to the first lane, as 0 or 1. */
  static long spread(int bits) {
    // bit i of the copy in lane i, moved to the lane's lowest bit
    long chosen = (bits & 0xff) * ONES & 0x8040201008040201L;
    return (chosen + 0x7f7f7f7f7f7f7f7fL) >>> 7 & ONES;
  }

  /** Joins eight lanes of 0 to 15 to four bytes: lane 2i low, 2i + 1 high. */
  public static void putNibbles(byte[] bytes, int at, long lanes) {
    long pairs = (lanes | lanes >>> 4) & 0x00ff00ff00ff00ffL;
    long quads = (pairs | pairs >>> 8) & 0x0000ffff0000ffffL;
    INTS.set(bytes, at, (int) (quads | quads >>> 16));
  }
}
