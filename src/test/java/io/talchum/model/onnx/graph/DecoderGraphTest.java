package io.talchum.model.onnx.graph;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import com.google.protobuf.InvalidProtocolBufferException;
import io.talchum.core.KvFormat;
import io.talchum.model.onnx.TinyModels;
import io.talchum.weights.pack.ModelPackage;
import io.talchum.weights.quantize.Quantization;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a family does not need is not in its graph. */
class DecoderGraphTest {
  private static Map<String, Long> operators(String family, Path folder)
      throws InvalidProtocolBufferException {
    try (ModelPackage model =
        TinyModels.imported("models/" + family, Quantization.INT8, Quantization.INT8, folder)) {
      GraphForm form = GraphForm.Kernels.of(128, KvFormat.FP32, false);
      byte[] graph = DecoderGraph.build(model, form).serialized();
      return ModelProto.parseFrom(graph).getGraph().getNodeList().stream()
          .collect(
              Collectors.groupingBy(NodeProto::getOpType, TreeMap::new, Collectors.counting()));
    }
  }

  @Test
  void llamaHasTenNodesALayer(@TempDir Path folder) throws Exception {
    long layers = 3;
    assertThat(operators("llama_tied", folder))
        .isEqualTo(
            Map.of(
                "GroupQueryAttention",
                layers,
                "Linear",
                4 * layers + 1,
                "Mul",
                layers,
                "QuickGelu",
                layers,
                "SimplifiedLayerNormalization",
                1L,
                "SkipSimplifiedLayerNormalization",
                2 * layers,
                "Split",
                layers,
                "Gather",
                2L));
  }

  @Test
  void mistralHasNoneMore(@TempDir Path folder) throws Exception {
    assertThat(operators("mistral", folder).keySet())
        .isEqualTo(operators("llama_tied", folder).keySet());
  }

  @Test
  void gemma2HasItsOwn(@TempDir Path folder) throws Exception {
    Map<String, Long> operators = operators("gemma2", folder);
    assertThat(operators).containsEntry("Tanh", 1L).containsEntry("FastGelu", 4L);
    assertThat(operators).containsEntry("SimplifiedLayerNormalization", 1L + 2 * 4);
    assertThat(operators).doesNotContainKeys("QuickGelu", "Reshape", "RotaryEmbedding", "Add");
  }
}
