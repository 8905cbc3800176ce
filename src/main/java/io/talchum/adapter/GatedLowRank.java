package io.talchum.adapter;

/**
 * A low-rank delta whose scale is multiplied by a gate of the linear's input: UniPELT's LoRA
 * (arXiv:2110.07577), where the gate stands in place of alpha / r.
 *
 * @param delta its scale is mostly 1
 * @param gate of the linear's input, one output
 */
public record GatedLowRank(LowRankDelta delta, SequenceGate gate) implements AdapterPrimitive {}
