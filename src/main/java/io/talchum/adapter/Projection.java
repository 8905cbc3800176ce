package io.talchum.adapter;

/**
 * A linear map of an adapter's own: W x + bias.
 *
 * @param weight f32 [outputs, inputs]
 * @param bias f32 [outputs], or empty
 */
public record Projection(int outputs, int inputs, FloatValues weight, float[] bias) {
  /** With numbers on the heap. */
  public Projection(int outputs, int inputs, float[] weight, float[] bias) {
    this(outputs, inputs, FloatValues.of(weight), bias);
  }
}
