package io.talchum.model.onnx.adapter;

import io.talchum.adapter.VirtualKeyValues;
import io.talchum.model.onnx.kv.KvScales;
import io.talchum.model.onnx.kv.VirtualKv;
import io.talchum.model.onnx.math.TaskScratch;

/**
 * Virtual keys and values times gates of the layer's attention input, written to the slot while the
 * prompt is read.
 *
 * @param virtual as the cache takes them but for the gates: in place, rotated where they must be
 */
public record GatedVirtualKvAdapter(
    VirtualKeyValues virtual, int layer, AdapterGate gate, KvScales scales)
    implements TokenwiseAdapter {

  @Override
  public void begin(HiddenStateCall call, int row, BoundAdapter bound) {
    int position = call.firstPositions()[row];
    if (position >= bound.promptEnd()) {
      return;
    }
    GateMean mean = bound.gate(gate.number());
    mean.begin(position - virtual.tokens());
    for (int token = 0; token < call.tokens(); token++) {
      if (position + token < bound.promptEnd()) {
        long at = ((long) row * call.tokens() + token) * call.width() * Float.BYTES;
        for (int output = 0; output < gate.outputs(); output++) {
          mean.add(output, gate.dot(output, call.changed(), at) + gate.bias(output));
        }
        mean.next();
      }
    }
    float ofKeys = mean.mean(0);
    float ofValues = mean.mean(gate.outputs() - 1);
    call.kv()
        .writeLayer(
            call.firstSlot() + row,
            layer,
            0,
            virtual.tokens(),
            VirtualKv.layer(call.spec(), scales, virtual, layer, ofKeys, ofValues));
  }

  @Override
  public boolean isGated() {
    return true;
  }

  @Override
  public void run(HiddenStateCall call, HiddenStateCall.Tokens tokens, TaskScratch scratch) {}
}
