package io.talchum.service;

import io.talchum.adapter.AdapterReader;
import io.talchum.engine.Engine;
import io.talchum.model.ModelExecutor;
import io.talchum.text.Tokenizer;
import io.talchum.weights.pack.ModelPackage;

/** A package that runs in an engine of its own. */
public record RunningModel(
    ModelPackage weights,
    Tokenizer tokenizer,
    ModelExecutor executor,
    Engine engine,
    AdapterReader adapters)
    implements AutoCloseable {
  @Override
  public void close() {
    engine.close();
    executor.close();
    weights.close();
  }
}
