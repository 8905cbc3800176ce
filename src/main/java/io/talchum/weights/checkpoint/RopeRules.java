package io.talchum.weights.checkpoint;

import io.talchum.core.RopeSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.IntToDoubleFunction;

/**
 * The published ways to stretch rotary embeddings, resolved to inverse frequencies and one factor.
 * They enter the content hash, so every machine must compute the same bits: hence StrictMath.
 */
public sealed interface RopeRules {

  /** Applies the rule to the frequencies theta^(-2j/r), r = rotary dims. */
  RopeSpec resolve(double theta, int rotaryDims);

  /** No scaling. */
  record Default() implements RopeRules {
    @Override
    public RopeSpec resolve(double theta, int rotaryDims) {
      return spec(rotaryDims, j -> base(theta, rotaryDims, j), 1);
    }
  }

  /** Positions divided by a factor. */
  record LinearScaling(double factor) implements RopeRules {
    @Override
    public RopeSpec resolve(double theta, int rotaryDims) {
      return spec(rotaryDims, j -> base(theta, rotaryDims, j) / factor, 1);
    }
  }

  /** Llama 3.1: only long wavelengths are stretched, with a smooth passage. */
  record Llama3(double factor, double lowFactor, double highFactor, double trainedContext)
      implements RopeRules {
    @Override
    public RopeSpec resolve(double theta, int rotaryDims) {
      return spec(rotaryDims, j -> stretched(base(theta, rotaryDims, j)), 1);
    }

    private double stretched(double frequency) {
      double wavelength = 2 * Math.PI / frequency;
      if (wavelength < trainedContext / highFactor) {
        return frequency;
      }
      if (wavelength > trainedContext / lowFactor) {
        return frequency / factor;
      }
      double smooth = (trainedContext / wavelength - lowFactor) / (highFactor - lowFactor);
      return frequency * ((1 - smooth) / factor + smooth);
    }
  }

  /**
   * YaRN, arXiv:2309.00071 as transformers computes it.
   *
   * @param attentionFactor overrides what follows from the factor
   * @param mscale with mscaleAllDim, both above 0: another way to state the attention factor
   */
  record Yarn(
      double factor,
      double trainedContext,
      double betaFast,
      double betaSlow,
      boolean truncate,
      OptionalDouble attentionFactor,
      double mscale,
      double mscaleAllDim)
      implements RopeRules {
    @Override
    public RopeSpec resolve(double theta, int rotaryDims) {
      double low = rotations(betaFast, theta, rotaryDims);
      double high = rotations(betaSlow, theta, rotaryDims);
      double first = Math.max(truncate ? Math.floor(low) : low, 0);
      double last = Math.min(truncate ? Math.ceil(high) : high, rotaryDims - 1);
      double width = first == last ? 0.001 : last - first;
      return spec(
          rotaryDims,
          j -> {
            double ramp = Math.clamp((j - first) / width, 0, 1);
            double base = base(theta, rotaryDims, j);
            return base / factor * ramp + base * (1 - ramp);
          },
          attention());
    }

    private double rotations(double beta, double theta, int rotaryDims) {
      return rotaryDims
          * StrictMath.log(trainedContext / (beta * 2 * Math.PI))
          / (2 * StrictMath.log(theta));
    }

    private double attention() {
      if (attentionFactor.isPresent()) {
        return attentionFactor.getAsDouble();
      }
      return mscale > 0 && mscaleAllDim > 0
          ? magnitude(mscale) / magnitude(mscaleAllDim)
          : magnitude(1);
    }

    private double magnitude(double scale) {
      return factor <= 1 ? 1 : 0.1 * scale * StrictMath.log(factor) + 1;
    }
  }

  /**
   * LongRoPE, arXiv:2402.13753: each frequency divided by its own number, with other numbers for
   * sequences beyond the trained context.
   *
   * @param context positions after stretching
   * @param attentionFactor overrides what follows from the two contexts
   */
  record LongRope(
      List<Double> shortFactors,
      List<Double> longFactors,
      int trainedContext,
      int context,
      OptionalDouble attentionFactor)
      implements RopeRules {
    @Override
    public RopeSpec resolve(double theta, int rotaryDims) {
      return new RopeSpec(
          frequencies(rotaryDims, j -> base(theta, rotaryDims, j) / shortFactors.get(j)),
          attentionFactor.orElseGet(this::attention),
          frequencies(rotaryDims, j -> base(theta, rotaryDims, j) / longFactors.get(j)),
          trainedContext);
    }

    private double attention() {
      double stretch = (double) context / trainedContext;
      return stretch <= 1
          ? 1
          : StrictMath.sqrt(1 + StrictMath.log(stretch) / StrictMath.log(trainedContext));
    }
  }

  /** Every frequency divided by its own number, as GGUF's {@code rope_freqs.weight} says. */
  record Divided(RopeRules rule, List<Double> divisors) implements RopeRules {
    @Override
    public RopeSpec resolve(double theta, int rotaryDims) {
      RopeSpec base = rule.resolve(theta, rotaryDims);
      return spec(
          rotaryDims,
          j -> base.inverseFrequencies().get(j) / divisors.get(j),
          base.attentionFactor());
    }
  }

  private static double base(double theta, int rotaryDims, int j) {
    return StrictMath.pow(theta, -2.0 * j / rotaryDims);
  }

  private static RopeSpec spec(int rotaryDims, IntToDoubleFunction frequency, double attention) {
    return new RopeSpec(frequencies(rotaryDims, frequency), attention);
  }

  private static List<Double> frequencies(int rotaryDims, IntToDoubleFunction frequency) {
    List<Double> frequencies = new ArrayList<>(rotaryDims / 2);
    for (int j = 0; j < rotaryDims / 2; j++) {
      frequencies.add(frequency.applyAsDouble(j));
    }
    return frequencies;
  }
}
