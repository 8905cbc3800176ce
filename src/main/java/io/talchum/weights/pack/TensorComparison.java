package io.talchum.weights.pack;

import io.talchum.weights.checkpoint.SourceTensor;
import io.talchum.weights.pack.PackingPlan.Packed;
import java.io.IOException;
import java.util.concurrent.atomic.DoubleAccumulator;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.stream.Collectors;

/** Compares the matrices of a package with the source, row by row. One thread, and the workers. */
final class TensorComparison {
  private final ModelPackage model;
  private final RowWorkers workers;

  TensorComparison(ModelPackage model, RowWorkers workers) {
    this.model = model;
    this.workers = workers;
  }

  TensorReport compare(Packed packed) throws IOException {
    PackedTensor tensor = model.tensor(packed.name());
    DoubleAdder squares = new DoubleAdder();
    DoubleAdder weights = new DoubleAdder();
    DoubleAccumulator largest = new DoubleAccumulator(Math::max, 0);
    int done = 0;
    for (SourceTensor member : packed.members()) {
      int before = done;
      workers.overRows(
          member.rows(),
          (first, count) -> {
            RowDifference difference = new RowDifference(member, model.rows(tensor), before);
            for (int row = first; row < first + count; row++) {
              difference.add(row);
            }
            squares.add(difference.squares);
            weights.add(difference.weights);
            largest.accumulate(difference.largest);
          });
      done += member.rows();
    }
    double error = squares.sum() == 0 ? 0 : Math.sqrt(squares.sum() / weights.sum());
    return report(packed, tensor, error, largest.get());
  }

  private static TensorReport report(
      Packed packed, PackedTensor tensor, double relativeError, double maxError) {
    return new TensorReport(
        packed.name(),
        packed.members().stream()
            .map(member -> member.type().name())
            .distinct()
            .collect(Collectors.joining("+")),
        packed.format().label(),
        packed.weights(),
        packed.members().stream()
            .mapToLong(member -> member.rows() * member.type().rowBytes(member.columns()))
            .sum(),
        tensor.parts().values().stream().mapToLong(PackedTensor.Part::length).sum(),
        relativeError,
        maxError);
  }

  /** Sums over some rows; one thread. */
  private static final class RowDifference {
    private final SourceTensor source;
    private final RowReader packed;
    private final int packedRow;
    private final float[] expected;
    private final float[] actual;
    private double squares;
    private double weights;
    private double largest;

    RowDifference(SourceTensor source, RowReader packed, int packedRow) {
      this.source = source;
      this.packed = packed;
      this.packedRow = packedRow;
      this.expected = new float[source.columns()];
      this.actual = new float[source.columns()];
    }

    void add(int row) {
      source.read(row, 1, expected, 0, expected.length);
      packed.read(packedRow + row, actual, 0);
      for (int i = 0; i < expected.length; i++) {
        double difference = (double) expected[i] - actual[i];
        squares += difference * difference;
        weights += (double) expected[i] * expected[i];
        largest = Math.max(largest, Math.abs(difference));
      }
    }
  }
}
