package io.talchum.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.talchum.core.SamplingParams;
import io.talchum.core.TableConstraint;
import io.talchum.model.LogitRows;
import io.talchum.model.StepLogits;
import io.talchum.model.onnx.TinyModels;
import io.talchum.model.onnx.device.DeviceModelExecutor;
import io.talchum.model.onnx.device.DeviceOptions;
import io.talchum.model.onnx.ort.ElementType;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A constrained sequence has the same tokens with the candidates of a device and without any. */
class DeviceConstraintTest {
  private static final int[] PROMPT = {3, 1, 4, 1, 5};

  @Test
  void candidatesGiveTheTokensOfWholeRows(@TempDir Path folder) {
    SplittableRandom random = new SplittableRandom(6);
    try (ModelPackage model =
            TinyModels.imported("models/llama", Quantization.NONE, Quantization.NONE, folder);
        DeviceModelExecutor eight = executor(model, 8);
        DeviceModelExecutor none = executor(model, 0)) {
      int vocab = model.manifest().spec().vocabSize();
      for (int round = 0; round < 12; round++) {
        TableConstraint table = TableConstraint.random(random, vocab, random.nextDouble(), 7);
        SamplingParams params =
            SamplingParams.builder(30)
                .temperature(round % 3 == 0 ? 0 : 1)
                .topK(round % 3 == 1 ? 4 : 0)
                .seed(round)
                .minTokens(4)
                .constraints(List.of(table))
                .build();
        List<Integer> expected = tokens(none, params);
        assertThat(tokens(eight, params)).as("%s", params).isEqualTo(expected);
        assertThat(table.stateAfter(expected.stream().filter(id -> id != 2).toList()))
            .isNotNegative();
      }
    }
  }

  private static DeviceModelExecutor executor(ModelPackage model, int candidates) {
    return DeviceModelExecutor.onHost(
        model, new DeviceOptions(1, 64, 16, ElementType.FLOAT, 4, candidates, false));
  }

  private static List<Integer> tokens(DeviceModelExecutor executor, SamplingParams params) {
    SequenceSampler sampler = new SequenceSampler(params, PROMPT, Set.of(2), false);
    List<Integer> ids = new ArrayList<>();
    executor.expect(0, PROMPT);
    StepLogits logits = executor.prefill(0, 0, PROMPT, LogitRows.LAST);
    for (int position = PROMPT.length; ids.size() < 30; position++) {
      ids.add(sampler.next(logits, 0).tokenId());
      logits = executor.decode(new int[] {ids.getLast()}, new int[] {position});
    }
    return ids;
  }
}
