package io.talchum.model.onnx.graph;

import io.talchum.core.ModelSpec;
import io.talchum.core.Norm;

/**
 * A place of the extended graph where adapters change something other than a linear.
 *
 * @param number unique in the graph, dense from 0
 * @param layer 0-based; the number of layers for the last norm
 */
public record HiddenStateSite(int number, Kind kind, int layer) {
  private static final Kind[] KINDS = Kind.values();

  /** What is there; the node sees one value and changes another one. */
  public enum Kind {
    /** Sees what {@link Norm#INPUT} takes, changes what it gives; the next ones likewise. */
    INPUT_NORM,
    QUERY_NORM,
    KEY_NORM,
    ATTENTION_OUTPUT_NORM,
    MLP_INPUT_NORM,
    MLP_OUTPUT_NORM,
    /** Sees the queries, alone or with keys and values behind them, changes attention's result. */
    ATTENDED,
    /** Sees the residual stream before attention, changes its output. */
    ATTENTION_OUTPUT,
    /** Sees the residual stream before the MLP, changes its output. */
    MLP_OUTPUT,
    /** The same after the MLP's own norm and scale: together they are the next stream. */
    STREAM
  }

  public static HiddenStateSite of(int layer, Kind kind) {
    return new HiddenStateSite(layer * KINDS.length + kind.ordinal(), kind, layer);
  }

  public static HiddenStateSite of(int layer, Norm norm) {
    return of(
        layer,
        switch (norm) {
          case INPUT -> Kind.INPUT_NORM;
          case QUERY -> Kind.QUERY_NORM;
          case KEY -> Kind.KEY_NORM;
          case ATTENTION_OUTPUT -> Kind.ATTENTION_OUTPUT_NORM;
          case MLP_INPUT -> Kind.MLP_INPUT_NORM;
          case MLP_OUTPUT -> Kind.MLP_OUTPUT_NORM;
        });
  }

  /** The norm before the head; it may have fewer tokens than the others. */
  public static HiddenStateSite lastNorm(int layers) {
    return of(layers, Kind.INPUT_NORM);
  }

  public static HiddenStateSite numbered(int number) {
    return of(number / KINDS.length, KINDS[number % KINDS.length]);
  }

  public static int count(int layers) {
    return lastNorm(layers).number() + 1;
  }

  /** Numbers of a token that the node changes. */
  public int width(ModelSpec spec) {
    return switch (kind) {
      case QUERY_NORM, ATTENDED -> spec.heads() * spec.headDim();
      case KEY_NORM -> spec.kvHeads() * spec.headDim();
      default -> spec.hiddenSize();
    };
  }

  /** Vectors of a token that a norm takes one by one. */
  public int heads(ModelSpec spec) {
    return switch (kind) {
      case QUERY_NORM -> spec.norms().perHead() ? spec.heads() : 1;
      case KEY_NORM -> spec.norms().perHead() ? spec.kvHeads() : 1;
      default -> 1;
    };
  }
}
