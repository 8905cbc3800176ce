package io.talchum.adapter;

/**
 * Where the adapter's changes of linears begin: at the first token of the last occurrence of a
 * sequence in the prompt; a prompt without it is the base's. Activated LoRA (aLoRA,
 * arXiv:2504.12397).
 *
 * @param tokenIds at least one
 */
public record Invocation(int[] tokenIds) implements AdapterPrimitive {}
