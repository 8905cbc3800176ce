package io.talchum.model.onnx.device;

import io.talchum.core.ModelSpec;
import io.talchum.core.ServeException;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.weights.pack.ModelPackage;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * What a model takes of a GPU's memory, chosen before anything is allocated.
 *
 * @param slots KV slots
 * @param contextTokens positions per slot
 * @param prefillTokens the longest piece of a prompt
 * @param rank the highest rank of an adapter at one linear
 * @param need what each part takes
 * @param freeBytes what there was
 */
public record DevicePlan(
    int slots, int contextTokens, int prefillTokens, int rank, Need need, long freeBytes) {
  static final int MOST_SLOTS = 64;
  static final int MOST_PREFILL_TOKENS = 512;
  static final int LEAST_PREFILL_TOKENS = 32;

  /** No context is chosen below it: nobody would expect so short a memory. */
  static final int LEAST_CONTEXT_TOKENS = 512;

  /** For CUDA's context, cuBLAS and fragments. */
  static final long RESERVED_BYTES = 768L << 20;

  /** Activations alive at once, in widths of the widest layer. */
  private static final int ACTIVATIONS = 6;

  /**
   * What a model needs.
   *
   * @param weightBytes all weights
   * @param scratchBytes the largest matrix in fp16: products of several rows unpack it
   * @param tokenBytes for each token of the longest piece: logits, embeddings, activations
   * @param kvTokenBytes for each position of a slot
   * @param adapterBytes for each slot
   */
  public record Need(
      long weightBytes, long scratchBytes, long tokenBytes, long kvTokenBytes, long adapterBytes) {
    /** Of a package in fp16. */
    public static Need of(ModelPackage weights, int rank) {
      ModelSpec spec = weights.manifest().spec();
      ElementType number = ElementType.FLOAT16;
      int widest = Math.max(2 * spec.intermediateSize(), spec.hiddenSize());
      return new Need(
          DeviceWeights.bytes(weights, number),
          DeviceWeights.largestMatrix(weights) * number.bytes(),
          Float.BYTES * (spec.vocabSize() + (long) spec.hiddenSize())
              + (long) ACTIVATIONS * number.bytes() * widest,
          DeviceKv.bytesPerToken(spec, number),
          AdapterStacks.slotBytes(StackSite.of(weights), rank, number));
    }
  }

  /**
   * What settings ask for; empty ones are chosen.
   *
   * @param contextTokens positions per slot
   * @param shorterWillDo whether fewer are taken where these do not fit
   */
  public record Wish(
      OptionalInt slots,
      int contextTokens,
      boolean shorterWillDo,
      OptionalInt prefillTokens,
      int rank) {
    private Wish halved() {
      return new Wish(slots, contextTokens / 2, shorterWillDo, prefillTokens, rank);
    }
  }

  /**
   * As many slots as fit, up to {@value #MOST_SLOTS}; pieces as long as leaves room for slots; a
   * shorter context, down to {@value #LEAST_CONTEXT_TOKENS}, if that is what it takes.
   *
   * @throws ServeException INVALID_REQUEST with what would fit, if the wish does not
   */
  public static DevicePlan of(Need need, Wish wish, long freeBytes) {
    Wish tried = wish;
    Room room = Room.of(need, tried, freeBytes);
    while (!room.isEnough(wish)
        && wish.shorterWillDo()
        && tried.contextTokens() / 2 >= LEAST_CONTEXT_TOKENS) {
      tried = tried.halved();
      room = Room.of(need, tried, freeBytes);
    }
    if (!room.isEnough(wish)) {
      throw refused(need, wish, freeBytes, Room.of(need, wish, freeBytes));
    }
    int slots = wish.slots().orElse((int) Math.min(MOST_SLOTS, room.slots()));
    return new DevicePlan(
        slots, tried.contextTokens(), room.prefillTokens(), wish.rank(), need, freeBytes);
  }

  /**
   * What a wish's context leaves.
   *
   * @param bytes for slots
   */
  private record Room(int prefillTokens, long bytes, long slots) {
    static Room of(Need need, Wish wish, long freeBytes) {
      long fixed = need.weightBytes() + need.scratchBytes() + RESERVED_BYTES;
      long slot = need.kvTokenBytes() * wish.contextTokens() + need.adapterBytes();
      int wanted = wish.slots().orElse(1);
      int piece = wish.prefillTokens().orElse(MOST_PREFILL_TOKENS);
      while (wish.prefillTokens().isEmpty()
          && piece > LEAST_PREFILL_TOKENS
          && (piece * need.tokenBytes() > freeBytes / 16
              || fixed + wanted * slot + piece * need.tokenBytes() > freeBytes)) {
        piece /= 2;
      }
      long left = freeBytes - fixed - Math.max(piece, wanted) * need.tokenBytes();
      return new Room(piece, left, Math.max(0, left) / slot);
    }

    boolean isEnough(Wish wish) {
      return slots >= wish.slots().orElse(1);
    }
  }

  private static ServeException refused(Need need, Wish wish, long freeBytes, Room room) {
    String what =
        "a slot of %d tokens takes %s of the GPU's memory, the weights %s; of %s free"
            .formatted(
                wish.contextTokens(),
                gigabytes(need.kvTokenBytes() * wish.contextTokens() + need.adapterBytes()),
                gigabytes(need.weightBytes()),
                gigabytes(freeBytes));
    long tokens = (room.bytes() - need.adapterBytes()) / need.kvTokenBytes();
    String advice =
        room.slots() > 0
            ? "%d slots fit: lower talchum.slots (--slots)".formatted(room.slots())
            : tokens > 0
                ? "one slot of %d tokens fits: lower talchum.context (--context)".formatted(tokens)
                : "not one fits: free memory of the GPU, raise talchum.cuda.memory-limit"
                    + " (--cuda-memory-limit), or import the model in fewer bits";
    return ServeException.invalid("slots", what + " " + advice);
  }

  /** Bytes of all slots' keys and values. */
  public long kvBytes() {
    return need.kvTokenBytes() * contextTokens * slots;
  }

  /** One line for the log. */
  public String text() {
    return "GPU memory: weights %s, KV cache %s in fp16 (%d slots of %d tokens), adapters up to rank %d %s, pieces of %d tokens; %s were free"
        .formatted(
            gigabytes(need.weightBytes()),
            gigabytes(kvBytes()),
            slots,
            contextTokens,
            rank,
            gigabytes(need.adapterBytes() * slots),
            prefillTokens,
            gigabytes(freeBytes));
  }

  private static String gigabytes(long bytes) {
    return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
  }
}
