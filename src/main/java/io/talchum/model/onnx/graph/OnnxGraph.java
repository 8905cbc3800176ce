package io.talchum.model.onnx.graph;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import io.talchum.model.onnx.ort.CustomOperator;
import io.talchum.model.onnx.ort.ElementType;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Writes an ONNX graph node by node; a value is known by its name. */
public final class OnnxGraph {
  private static final String MICROSOFT = "com.microsoft";
  public static final String TALCHUM = "io.talchum";
  private static final int IR_VERSION = 10;
  private static final int OPSET = 18;

  private final String weightsFile;
  private final GraphProto.Builder graph = GraphProto.newBuilder().setName("decoder");
  private final List<String> inputs = new ArrayList<>();
  private final List<String> outputs = new ArrayList<>();
  private final Set<String> constants = new LinkedHashSet<>();
  private final Set<String> weights = new LinkedHashSet<>();
  private boolean custom;

  /**
   * @param weightsFile name of the file that {@link #weight}s are said to lie in; ONNX Runtime
   *     insists that it exists
   */
  public OnnxGraph(String weightsFile) {
    this.weightsFile = weightsFile;
  }

  /** An attribute of a node. */
  public record Attribute(AttributeProto proto) {
    public static Attribute of(String name, long value) {
      return new Attribute(
          AttributeProto.newBuilder()
              .setName(name)
              .setType(AttributeProto.AttributeType.INT)
              .setI(value)
              .build());
    }

    public static Attribute of(String name, float value) {
      return new Attribute(
          AttributeProto.newBuilder()
              .setName(name)
              .setType(AttributeProto.AttributeType.FLOAT)
              .setF(value)
              .build());
    }

    public static Attribute of(String name, String value) {
      return new Attribute(
          AttributeProto.newBuilder()
              .setName(name)
              .setType(AttributeProto.AttributeType.STRING)
              .setS(ByteString.copyFromUtf8(value))
              .build());
    }
  }

  /** Adds an operator of ONNX's own set with one output. */
  String node(String operator, List<String> in, String out, Attribute... attributes) {
    add("", operator, in, List.of(out), attributes);
    return out;
  }

  /** Adds an operator of ONNX Runtime's own set ({@code com.microsoft}). */
  public void contributed(
      String operator, List<String> in, List<String> out, Attribute... attributes) {
    add(MICROSOFT, operator, in, out, attributes);
  }

  /** Adds one of our own operators ({@link CustomOperator}). */
  String custom(String operator, List<String> in, String out, Attribute... attributes) {
    add(TALCHUM, operator, in, List.of(out), attributes);
    custom = true;
    return out;
  }

  /** Adds an operator of ONNX's own set with several outputs. */
  void node(String operator, List<String> in, List<String> out, Attribute... attributes) {
    add("", operator, in, out, attributes);
  }

  private void add(
      String domain, String operator, List<String> in, List<String> out, Attribute... attributes) {
    NodeProto.Builder node =
        NodeProto.newBuilder().setOpType(operator).setDomain(domain).setName(out.getFirst());
    node.addAllInput(in).addAllOutput(out);
    for (Attribute attribute : attributes) {
      node.addAttribute(attribute.proto());
    }
    graph.addNode(node);
  }

  /** Declares an input; a dimension is a number or the name of a symbol. */
  public String input(String name, ElementType type, Object... dimensions) {
    graph.addInput(valueInfo(name, type, dimensions));
    inputs.add(name);
    return name;
  }

  public void output(String name, ElementType type, Object... dimensions) {
    graph.addOutput(valueInfo(name, type, dimensions));
    outputs.add(name);
  }

  /** States the shape of a value that ONNX Runtime cannot infer. */
  void shape(String name, ElementType type, Object... dimensions) {
    graph.addValueInfo(valueInfo(name, type, dimensions));
  }

  /** Declares a weight whose bytes the session gets from shared memory under the same name. */
  String weight(String name, ElementType type, long... shape) {
    if (!weights.add(name)) {
      return name;
    }
    TensorProto.Builder tensor =
        TensorProto.newBuilder()
            .setName(name)
            .setDataType(type.onnx())
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(entry("location", weightsFile));
    for (long dimension : shape) {
      tensor.addDims(dimension);
    }
    graph.addInitializer(tensor);
    return name;
  }

  /** A small constant inside the graph; the same name is written once. */
  String constant(String name, long... values) {
    if (constants.add(name)) {
      TensorProto.Builder tensor =
          TensorProto.newBuilder()
              .setName(name)
              .setDataType(ElementType.INT64.onnx())
              .addDims(values.length);
      for (long value : values) {
        tensor.addInt64Data(value);
      }
      graph.addInitializer(tensor);
    }
    return name;
  }

  /** A constant number inside the graph; the same name is written once. */
  String scalar(String name, float value, ElementType type) {
    if (constants.add(name)) {
      TensorProto.Builder tensor = TensorProto.newBuilder().setName(name).setDataType(type.onnx());
      switch (type) {
        case FLOAT -> tensor.addFloatData(value);
        case FLOAT16 -> tensor.addInt32Data(Float.floatToFloat16(value) & 0xffff);
        default -> throw new IllegalArgumentException(name + " is a float, not " + type);
      }
      graph.addInitializer(tensor);
    }
    return name;
  }

  /** Names of the inputs, in order of declaration. */
  List<String> inputs() {
    return List.copyOf(inputs);
  }

  List<String> outputs() {
    return List.copyOf(outputs);
  }

  /** Names of the weights that the session must be given. */
  public Set<String> weights() {
    return Set.copyOf(weights);
  }

  public byte[] serialized() {
    ModelProto.Builder model =
        ModelProto.newBuilder()
            .setIrVersion(IR_VERSION)
            .setProducerName("talchum")
            .addOpsetImport(operators("", OPSET))
            .addOpsetImport(operators(MICROSOFT, 1));
    if (custom) {
      model.addOpsetImport(operators(TALCHUM, 1));
    }
    return model.setGraph(graph).build().toByteArray();
  }

  private static OperatorSetIdProto.Builder operators(String domain, int version) {
    return OperatorSetIdProto.newBuilder().setDomain(domain).setVersion(version);
  }

  private static ValueInfoProto valueInfo(String name, ElementType type, Object... dimensions) {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (Object dimension : dimensions) {
      TensorShapeProto.Dimension.Builder one = TensorShapeProto.Dimension.newBuilder();
      if (dimension instanceof String symbol) {
        one.setDimParam(symbol);
      } else {
        one.setDimValue(((Number) dimension).longValue());
      }
      shape.addDim(one);
    }
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder().setElemType(type.onnx()).setShape(shape)))
        .build();
  }

  private static StringStringEntryProto entry(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }
}
