package io.talchum.service;

import io.talchum.adapter.AdapterReader;
import io.talchum.model.ModelExecutor;
import io.talchum.text.Tokenizer;
import io.talchum.weights.pack.ModelPackage;

/** A package that can run; its executor has one slot. One thread. */
public record RunningModel(
    ModelPackage weights, Tokenizer tokenizer, ModelExecutor executor, AdapterReader adapters)
    implements AutoCloseable {
  @Override
  public void close() {
    executor.close();
    weights.close();
  }
}
