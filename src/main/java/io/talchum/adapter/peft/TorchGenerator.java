package io.talchum.adapter.peft;

import java.util.HashMap;
import java.util.Map;

/**
 * The random numbers of torch's CPU generator, from which PEFT rebuilds what files leave out:
 * MT19937 (Matsumoto and Nishimura 1998), seeded by {@code init_genrand}. One thread.
 */
public final class TorchGenerator {
  private static final int SIZE = 624;
  private static final int MIDDLE = 397;

  private final int[] state = new int[SIZE];
  private int next = SIZE;

  /** As {@code torch.manual_seed}, which takes the lower 32 bits. */
  public TorchGenerator(long seed) {
    state[0] = (int) seed;
    for (int i = 1; i < SIZE; i++) {
      state[i] = 1_812_433_253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    }
  }

  /** 32 random bits, unsigned. */
  long nextBits() {
    if (next == SIZE) {
      twist();
    }
    int y = state[next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    y ^= y >>> 18;
    return Integer.toUnsignedLong(y);
  }

  private void twist() {
    for (int i = 0; i < SIZE; i++) {
      int y = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
      state[i] = state[(i + MIDDLE) % SIZE] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908b0df);
    }
    next = 0;
  }

  /** {@code uniform_(from, to)} on f32. */
  float[] uniform(int count, double from, double to) {
    float low = (float) from;
    float width = (float) to - low;
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      float unit = (nextBits() & 0xffffff) * 0x1p-24f;
      values[i] = unit * width + low;
    }
    return values;
  }

  /** {@code bernoulli} of f32: which are 1. */
  public boolean[] bernoulli(int count, double probability) {
    boolean[] ones = new boolean[count];
    for (int i = 0; i < count; i++) {
      ones[i] = (nextBits() & 0xffffff) * 0x1p-24f < (float) probability;
    }
    return ones;
  }

  /** Leaves out what others draw: one for each f32 of a uniform tensor. */
  public void skip(long count) {
    for (long i = 0; i < count; i++) {
      long unused = nextBits();
    }
  }

  /** The first of {@code randperm(n)}: only what the first swaps touch is kept. */
  long[] permutation(long n, int count) {
    Map<Long, Long> moved = new HashMap<>();
    long[] first = new long[count];
    for (int i = 0; i < count; i++) {
      long other = i + nextBits() % (n - i);
      long here = moved.getOrDefault((long) i, (long) i);
      first[i] = moved.getOrDefault(other, other);
      moved.put(other, here);
    }
    return first;
  }
}
